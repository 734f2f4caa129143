import { podTemplates, restrictedViolations } from '../support/pod-security';

const secure = {
  spec: {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    volumes: [{ name: 'tmp', emptyDir: {} }],
    containers: [{ name: 'c', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
  },
};

/** The secure pod with something put at a path. */
function with_(path: string, value: unknown): any {
  const pod = JSON.parse(JSON.stringify(secure));
  const keys = path.split('.');
  const last = keys.pop()!;
  const target = keys.reduce((object: any, key) => { object[key] ??= {}; return object[key]; }, pod);
  target[last] = value;
  return pod;
}

test('a pod that keeps every rule has no violation', () => {
  expect(restrictedViolations(secure)).toEqual([]);
});

test.each([
  ['spec.hostNetwork', true, 'hostNetwork is on'],
  ['spec.hostPID', true, 'hostPID is on'],
  ['spec.hostIPC', true, 'hostIPC is on'],
  ['spec.volumes', [{ name: 'disk', hostPath: { path: '/' } }], 'the volume disk is of hostPath'],
  ['spec.securityContext.runAsUser', 0, 'the pod runs as user 0'],
  ['spec.securityContext.runAsNonRoot', undefined, 'container c may run as root'],
  ['spec.securityContext.seccompProfile', undefined, 'container c has no seccomp profile'],
  ['spec.securityContext.sysctls', [{ name: 'kernel.msgmax' }], 'the sysctl kernel.msgmax is not allowed'],
  ['spec.containers.0.securityContext.privileged', true, 'container c is privileged'],
  ['spec.containers.0.securityContext.allowPrivilegeEscalation', undefined, 'container c may escalate privileges'],
  ['spec.containers.0.securityContext.runAsUser', 0, 'container c runs as user 0'],
  ['spec.containers.0.securityContext.capabilities', { drop: ['NET_RAW'] }, 'container c keeps capabilities'],
  ['spec.containers.0.securityContext.capabilities', { drop: ['ALL'], add: ['IPC_LOCK'] }, 'container c adds capabilities'],
  ['spec.containers.0.ports', [{ hostPort: 80 }], 'container c takes a port of the host'],
  ['spec.containers.0.livenessProbe', { httpGet: { host: 'example.com' } }, 'container c probes another host'],
  ['spec.containers', [], 'there is no container'],
])('%s: %p is a violation', (path, value, violation) => {
  expect(restrictedViolations(with_(path, value))).toEqual([violation]);
});

test('init containers are held to the same rules', () => {
  expect(restrictedViolations(with_('spec.initContainers', [{ name: 'i' }]))).toEqual(['container i may escalate privileges', 'container i keeps capabilities']);
});

test('pod templates are found wherever they are', () => {
  expect(podTemplates({ kind: 'X', spec: { a: [{ leaderTemplate: secure }], workerTemplate: secure } })).toEqual([secure, secure]);
});
