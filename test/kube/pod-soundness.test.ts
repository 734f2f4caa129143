import * as fc from 'fast-check';
import { restrictedProblems } from '../../src/kube/pod-security';
import { podProblems } from '../../src/kube/pod-soundness';
import { restrictedViolations } from '../support/pod-security';

const pod = (container: object, more: object = {}) => ({ containers: [{ name: 'engine', image: 'x', ...container }], ...more });
const variable = (name: string, valueFrom: object) => ({ env: [{ name, valueFrom }] });

test.each<[string, any]>([
  ['nothing in particular', pod({})],
  ['references that its variables, the kubelet and the group\'s controller resolve', pod({ args: ['$(A) $(LWS_LEADER_ADDRESS)', '$$(B)'], env: [{ name: 'A', value: '1' }] })],
  ['variables from elsewhere, whose names nobody knows', pod({ args: ['$(A)'], envFrom: [{ configMapRef: { name: 'more' } }] })],
  ['a request below its limit, and the same devices in both', pod({ resources: { requests: { 'cpu': '500m', 'memory': '1Gi', 'a.b/c': 1 }, limits: { 'cpu': 1, 'memory': '2e9', 'a.b/c': '1' } } })],
  ['a secret of a name with dots', pod(variable('A', { secretKeyRef: { name: 'a.b', key: 'c' } }))],
  ['fields of a later Kubernetes', pod({ somethingElseEntirely: 1 }, { anotherThingWithoutLikeness: 1 })],
])('a pod is sound with %s', (_, spec) => expect(podProblems(spec)).toEqual([]));

test.each<[any, string]>([
  [pod({ resource: {} }), "container 'engine': unknown field of a container 'resource'; did you mean 'resources'?"],
  [pod({ nodeSelector: {} }), "container 'engine': 'nodeSelector' is a field of a pod and not of a container; set it there"],
  [pod({}, { toleration: [] }), "unknown field of a pod 'toleration'; did you mean 'tolerations'?"],
  [pod({}, { env: [] }), "'env' is a field of a container and not of a pod; set it there"],
  [pod({}, { initContainers: [{ name: 'engine' }] }), "two containers are named 'engine'; a name stands once in a pod"],
  [pod({}, { volumes: [{ name: 'a' }, { name: 'a' }] }), "two volumes are named 'a'; a name stands once in a pod"],
  [pod({ env: [{ name: 'A', value: '1' }, { name: 'A', value: '2' }] }), "container 'engine': 'env' has 'A' twice; give it one value"],
  [pod({ args: ['$(A)'] }), "container 'engine': an argument refers to $(A), which 'env' does not have, so that the server would get it as it stands; correct the name, or add the variable"],
  [pod({ command: ['$$$(A)'] }), "container 'engine': an argument refers to $(A), which 'env' does not have, so that the server would get it as it stands; correct the name, or add the variable"],
  [pod({ volumeMounts: [{ name: 'a', mountPath: '/a' }] }), "container 'engine': 'volumeMounts' has 'a' but no volume is named so; add the volume, or correct the name"],
  [pod(variable('A', { secretKeyRef: { name: 'My Secret', key: 'c' } })),
    "container 'engine': the variable 'A' comes from the Secret 'My Secret' but names of objects are lower-case letters, digits, '-' and '.'; correct the name"],
  [pod({ resources: { limits: { memory: '80 Gi' } } }), "container 'engine': '80 Gi' of 'memory' is no quantity; write a number with a unit behind it, such as '80Gi'"],
  [pod({ resources: { requests: { memory: '2Gi' }, limits: { memory: '2000M' } } }), "container 'engine': 'requests' has 2Gi of 'memory' but 'limits' has 2000M; a limit can't be below its request"],
  [pod({ resources: { requests: { 'a.b/c': 1 }, limits: { 'a.b/c': 2 } } }), "container 'engine': 'requests' has 1 of 'a.b/c' but 'limits' has 2; state the same in both"],
  [pod({ resources: { requests: { 'a.b/c': 1 } } }), "container 'engine': 'requests' has 1 of 'a.b/c' but 'limits' has none; state the same in both"],
])('of %j it is said', (spec, problem) => expect(podProblems(spec)).toEqual([problem]));

test('what Pod Security forbids is what the rules forbid, of all that is looked at', () => {
  const flag = fc.constantFrom(undefined, true, false);
  const user = fc.constantFrom(undefined, 0, 1000);
  const profile = fc.constantFrom(undefined, { type: 'RuntimeDefault' }, { type: 'Unconfined' });
  const container = fc.record({
    name: fc.constantFrom('a', 'b'),
    ports: fc.constantFrom(undefined, [{ containerPort: 1 }], [{ containerPort: 1, hostPort: 1 }]),
    securityContext: fc.option(fc.record({
      privileged: flag, allowPrivilegeEscalation: flag, runAsNonRoot: flag, runAsUser: user, seccompProfile: profile,
      capabilities: fc.constantFrom(undefined, { drop: ['ALL'] }, { drop: ['NET_RAW'] }, { drop: ['ALL'], add: ['NET_BIND_SERVICE'] }, { drop: ['ALL'], add: ['SYS_ADMIN'] }),
    }), { nil: undefined }),
  });
  const spec = fc.record({
    hostNetwork: flag, hostPID: flag, hostIPC: flag,
    securityContext: fc.option(fc.record({ runAsNonRoot: flag, runAsUser: user, seccompProfile: profile }), { nil: undefined }),
    volumes: fc.constantFrom(undefined, [{ name: 'v', emptyDir: {} }], [{ name: 'v', hostPath: {} }]),
    initContainers: fc.option(fc.array(container, { maxLength: 1 }), { nil: undefined }),
    containers: fc.array(container, { minLength: 1, maxLength: 2 }),
  });
  fc.assert(fc.property(spec, (any) => { expect(restrictedProblems(any)).toHaveLength(restrictedViolations({ spec: any }).length); }));
});
