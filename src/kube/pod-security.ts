import { list } from './lists';

/** Volumes that Pod Security `restricted` lets pods have. */
const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret'];
const PROFILES = ['RuntimeDefault', 'Localhost'];

/**
 * What of a pod Pod Security `restricted` forbids, as ends of a sentence that begins with the pod; empty if it is let in.
 *
 * The rules that a patch is likely to break: https://kubernetes.io/docs/concepts/security/pod-security-standards/. SELinux, AppArmor, sysctls,
 * `procMount` and Windows are left to the API server.
 */
export function restrictedProblems(spec: any): string[] {
  const pod = spec.securityContext ?? {};
  return [
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field]).map((field) => `has '${field}'`),
    ...list(spec.volumes).flatMap((volume) => Object.keys(volume).filter((kind) => kind !== 'name' && !VOLUMES.includes(kind)))
      .map((kind) => `has a volume of kind '${kind}'`),
    ...pod.runAsUser === 0 ? ['runs as user 0'] : [],
    ...[...list(spec.initContainers), ...list(spec.containers)].flatMap((container) => containerProblems(container, pod)
      .map((problem) => `${problem} in container '${container.name}'`)),
  ];
}

function containerProblems(container: any, pod: any): string[] {
  const own = container.securityContext ?? {};
  const added = list(own.capabilities?.add).filter((capability) => capability !== 'NET_BIND_SERVICE');
  return [
    ...own.privileged ? ["has 'privileged'"] : [],
    ...own.allowPrivilegeEscalation === false ? [] : ["lacks 'allowPrivilegeEscalation: false'"],
    ...(own.runAsNonRoot ?? pod.runAsNonRoot) === true ? [] : ["lacks 'runAsNonRoot: true'"],
    ...own.runAsUser === 0 ? ['runs as user 0'] : [],
    ...PROFILES.includes((own.seccompProfile ?? pod.seccompProfile)?.type) ? [] : ['lacks a seccomp profile'],
    ...list(own.capabilities?.drop).includes('ALL') ? [] : ["keeps capabilities ('drop' lacks 'ALL')"],
    ...added.length ? [`adds the capability '${added.join("' and '")}'`] : [],
    ...list(container.ports).some(({ hostPort }) => hostPort) ? ['takes a port of the node'] : [],
  ];
}

