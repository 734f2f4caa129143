import { ApiObject, Chart, JsonPatch, Testing } from 'cdk8s';
import { InferenceFleet } from '../../src/fleet/inference-fleet';
import { fleet, FleetOverrides, groupedFleet, TestEngine } from '../support/fleet';

const POD = '/spec/template/spec';
const ENGINE = `${POD}/containers/0`;
const UNLESS = ', or set \'security.allowUnplannedPatches\' of the fleet';

/** What synthesis says of a fleet, without the line that cdk8s puts above. */
function said(it: InferenceFleet): string[] {
  try { Testing.synth(Chart.of(it)); } catch (error) { return (error as Error).message.split('\n').slice(1).map((line) => line.trim().replace('[chat/llama] ', '')); }
  return [];
}

function patched(...patches: JsonPatch[]): InferenceFleet { return patchedOf(fleet(), ...patches); }

function patchedOf(it: InferenceFleet, ...patches: JsonPatch[]): InferenceFleet {
  ApiObject.of(it).addJsonPatch(...patches);
  return it;
}

function patchedBeside(id: string, patch: JsonPatch, overrides?: FleetOverrides): InferenceFleet {
  const it = fleet(overrides);
  (it.node.findChild(id) as ApiObject).addJsonPatch(patch);
  return it;
}

const full = { poolAttributes: { maxGpus: 8 }, plan: { replicas: 6 } };

test.each([fleet, groupedFleet])('a fleet that nobody patched agrees with its plan', (make) => {
  expect(said(make())).toEqual([]);
});

describe('a patch that adds is taken:', () => {
  test.each<[string, JsonPatch[]]>([
    ['an argument that the plan does not set', [JsonPatch.add(`${ENGINE}/args/-`, '--own')]],
    ['a variable', [JsonPatch.add(`${ENGINE}/env/-`, { name: 'OWN', value: '1' })]],
    ['a label and an annotation', [JsonPatch.add('/spec/template/metadata/labels/own', '1'), JsonPatch.add('/spec/template/metadata/annotations', { own: '1' })]],
    ['a narrower choice of nodes', [JsonPatch.add(`${POD}/nodeSelector/zone`, 'a')]],
    ['a toleration', [JsonPatch.add(`${POD}/tolerations/-`, { key: 'own', operator: 'Exists' })]],
    ['a longer drain', [JsonPatch.add(`${POD}/terminationGracePeriodSeconds`, 86400)]],
    ['fewer replicas', [JsonPatch.add('/spec/replicas', 0)]],
    ['replicas that an autoscaler sets', [JsonPatch.remove('/spec/replicas')]],
    ['another image by digest', [JsonPatch.add(`${ENGINE}/image`, `example.com/own@sha256:${'0'.repeat(64)}`)]],
    ['the group of a device', [JsonPatch.add(`${POD}/securityContext/supplementalGroups`, [44])]],
    ['more memory', [JsonPatch.add(`${ENGINE}/resources/limits/memory`, '64Gi')]],
    ['a surge that a pool without a limit has room for', [JsonPatch.add('/spec/strategy/rollingUpdate/maxSurge', '100%')]],
    ['an update that ends every pod before it starts one', [JsonPatch.add('/spec/strategy', { type: 'Recreate' })]],
    ['the defaults of an update', [JsonPatch.add('/spec/strategy', { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } })]],
    ['a container that keeps to the rules', [JsonPatch.add(`${POD}/containers/-`, {
      name: 'own', image: 'own', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    })]],
  ])('%s', (_, patches) => expect(said(patched(...patches))).toEqual([]));

  test.each([fleet, groupedFleet])('replicas that are left to a rollout', (make) => {
    const it = make();
    it.releaseReplicas();
    expect(said(it)).toEqual([]);
  });

  test('a port of the monitor that a container has', () => {
    const it = patchedBeside('PodMonitor', JsonPatch.add('/spec/podMetricsEndpoints/0/port', 'own'));
    expect(said(patchedOf(it, JsonPatch.add(`${ENGINE}/ports/-`, { name: 'own', containerPort: 9000 })))).toEqual([]);
  });

  test('what an engine makes beside the fleet, in a namespace of its own', () => {
    class Owner extends TestEngine {
      public bind(...[scope, context]: Parameters<TestEngine['bind']>) {
        new ApiObject(scope, 'Own', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own', namespace: 'elsewhere' } });
        return super.bind(scope, context);
      }
    }
    expect(said(fleet({ engine: new Owner() }))).toEqual([]);
  });
});

describe('a patch that contradicts the plan is refused:', () => {
  test.each<[string, () => InferenceFleet, string[]]>([
    ['replicas in a text', () => patched(JsonPatch.add('/spec/replicas', '2')), ['\'replicas\' of the Deployment is \'2\' but must be a whole number']],
    ['more replicas', () => patched(JsonPatch.add('/spec/replicas', 3)),
      [`the Deployment has 3 replicas but the fleet runs 2, by which the GPUs of pool 'h100' are counted; change 'capacity' of the fleet${UNLESS}`]],
    ['more replicas than a canary runs now', () => { const it = patched(JsonPatch.add('/spec/replicas', 2)); it.runReplicas(1); return it; },
      [`the Deployment has 2 replicas but the fleet runs 1, by which the GPUs of pool 'h100' are counted; change 'capacity' of the fleet${UNLESS}`]],
    ['replicas that a rollout scales', () => { const it = patched(JsonPatch.add('/spec/replicas', 1)); it.releaseReplicas(); return it; },
      [`the Deployment has 1 replicas but a rollout scales it in the cluster, and each apply would set it back; leave 'replicas' out${UNLESS}`]],
    ['a surge beyond the pool', () => patchedOf(fleet(full), JsonPatch.add('/spec/strategy/rollingUpdate/maxSurge', '50%')),
      [`'maxSurge' of the Deployment lets an update run 3 replicas more, 9 GPUs with all that is planned for pool 'h100', but its 'maxGpus' is 8; leave 'maxSurge' as it is${UNLESS}`]],
    ['a surge that the API server fills in', () => patchedOf(fleet({ ...full, plan: { replicas: 7 } }), JsonPatch.remove('/spec/strategy/rollingUpdate')),
      [`'maxSurge' of the Deployment lets an update run 2 replicas more, 9 GPUs with all that is planned for pool 'h100', but its 'maxGpus' is 8; leave 'maxSurge' as it is${UNLESS}`]],
    ['an update that never ends', () => patched(JsonPatch.add('/spec/strategy/rollingUpdate', { maxSurge: '0%', maxUnavailable: 0 })),
      ['an update of the Deployment may neither add nor take away a replica (\'maxSurge\' and \'maxUnavailable\' are 0), so that it would never end; leave one of them as it is']],
    ['fewer pods in a group', () => patchedOf(groupedFleet(), JsonPatch.add('/spec/leaderWorkerTemplate/size', 1)),
      [`a group of the LeaderWorkerSet has 1 pods but a replica spans 2 nodes; change the layout of 'capacity'${UNLESS}`]],
    ['a worker without its GPUs', () => patchedOf(groupedFleet(), JsonPatch.remove('/spec/leaderWorkerTemplate/workerTemplate/spec/containers/0/resources')),
      [`the engine of the LeaderWorkerSet has none of 'nvidia.com/gpu' but the plan gives it 8; change 'capacity' of the fleet${UNLESS}`]],
    ['no template', () => patched(JsonPatch.remove('/spec/template')), [
      'the Deployment selects pods with \'app.kubernetes.io/component: model-server\' and \'cdk8s-inference/fleet: chat-llama-67219812\', which its template does not have; leave its selector and the template\'s labels as they are',
      `the Deployment has no template for its pods any more; leave it in${UNLESS}`,
    ]],
    ['another name of the engine\'s container', () => patched(JsonPatch.add(`${ENGINE}/name`, 'server')),
      [`the pods of the Deployment have no container 'engine' any more; leave it in${UNLESS}`]],
    ['an argument that is gone', () => patched(JsonPatch.remove(`${ENGINE}/args/1`)),
      [`the engine of the Deployment is not given '/weights/model' any more, which the plan counts on; use the props of the fleet and of its engine${UNLESS}`]],
    ['nodes outside of the pool', () => patched(JsonPatch.add(`${POD}/nodeSelector`, { zone: 'a' })),
      [`the pods of the Deployment do not select 'example.com/pool' of their nodes any more, so that they may land outside of the pool; leave it in${UNLESS}`]],
    ['a drain without time', () => patched(JsonPatch.remove(`${POD}/terminationGracePeriodSeconds`)),
      [`the pods of the Deployment get 30 s to stop but their drain takes 83 s; change 'timeouts.drain' of the fleet${UNLESS}`]],
    ['a pod that Pod Security refuses', () => patched(JsonPatch.add(`${POD}/hostPID`, true)),
      [`a pod of the Deployment has 'hostPID', which Pod Security 'restricted' forbids; leave it out${UNLESS}`]],
    ['another namespace', () => patched(JsonPatch.add('/metadata/namespace', 'elsewhere')),
      ['the Deployment is in namespace \'elsewhere\' but the fleet is in undefined; use \'metadata.namespace\' of the fleet, which moves all of its objects']],
    ['a policy for no pod', () => patchedBeside('Serving', JsonPatch.add('/spec/podSelector/matchLabels', { app: 'x' })),
      [`the NetworkPolicy 'chat-llama-67219812-serving' selects pods with 'app: x', which the fleet's pods do not have; leave its selector as it is${UNLESS}`]],
    ['pods that can\'t be evicted', () => patchedBeside('DisruptionBudget', JsonPatch.add('/spec/maxUnavailable', '0%')),
      [`the PodDisruptionBudget lets no pod be evicted, so that draining a node would wait for ever; to keep nodes from being drained, annotate the pods with 'metadata'${UNLESS}`]],
  ])('%s', (_, make, sentences) => expect(said(make())).toEqual(sentences));

  test('unless the fleet takes them, which its annotation says', () => {
    const it = patchedOf(fleet({ security: { allowUnplannedPatches: true } }), JsonPatch.add('/spec/replicas', 99), JsonPatch.add(`${POD}/hostPID`, true));
    expect(said(it)).toEqual([]);
    expect(ApiObject.of(it).toJson().metadata.annotations['cdk8s-inference/security-opt-outs']).toBe('security.allowUnplannedPatches');
  });

  test('but not what the fleet itself opted out of', () => {
    expect(said(fleet({ security: { rootWithLockedMemory: true } }))).toEqual([]);
    const it = patchedOf(fleet({ security: { rootWithLockedMemory: true } }), JsonPatch.add(`${ENGINE}/securityContext/capabilities/add/-`, 'SYS_PTRACE'));
    expect(said(it)).toEqual([`a pod of the Deployment adds the capability 'IPC_LOCK' and 'SYS_PTRACE' in container 'engine', which Pod Security 'restricted' forbids; leave it out${UNLESS}`]);
  });

  test('nothing is said of a workload that was taken away', () => {
    const it = fleet();
    it.node.tryRemoveChild('Resource');
    expect(said(it)).toEqual([]);
    expect(said(patched(JsonPatch.remove('/spec')))).toEqual([]);
  });
});
