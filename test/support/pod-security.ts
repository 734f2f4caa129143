/**
 * Pod Security `restricted` (Kubernetes 1.34 and later), as an evaluator over pod templates. It returns one sentence per violation.
 *
 * The rules are those of the Pod Security Standards: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function restrictedViolations(template: { metadata?: any; spec: any }): string[] {
  const { metadata = {}, spec } = template;
  const pod = spec.securityContext ?? {};
  const containers: any[] = [...spec.initContainers ?? [], ...spec.containers ?? [], ...spec.ephemeralContainers ?? []];
  const found: string[] = [];
  const rule = (ok: boolean, message: string) => { if (!ok) { found.push(message); } };

  // baseline
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) { rule(!spec[field], `${field} is on`); }
  rule(!pod.windowsOptions?.hostProcess, 'hostProcess is on');
  rule([undefined, '', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'].includes(pod.seLinuxOptions?.type), 'the SELinux type is not allowed');
  rule(!pod.seLinuxOptions?.user && !pod.seLinuxOptions?.role, 'SELinux user or role is set');
  rule([undefined, 'RuntimeDefault', 'Localhost'].includes(pod.appArmorProfile?.type), 'the AppArmor profile is not allowed');
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    rule(!key.startsWith('container.apparmor.security.beta.kubernetes.io/') || /^(runtime\/default|localhost\/.*)$/.test(String(value)), `${key} is not allowed`);
  }
  const sysctls = ['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range',
    'net.ipv4.ip_local_reserved_ports', 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes'];
  for (const { name } of pod.sysctls ?? []) { rule(sysctls.includes(name), `the sysctl ${name} is not allowed`); }

  // restricted, of the pod
  const sources = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret'];
  for (const volume of spec.volumes ?? []) {
    const kinds = Object.keys(volume).filter((key) => key !== 'name');
    rule(kinds.length === 1 && sources.includes(kinds[0]), `the volume ${volume.name} is of ${kinds.join(' and ') || 'no kind'}`);
  }
  rule(pod.runAsUser !== 0, 'the pod runs as user 0');
  rule(containers.length > 0, 'there is no container');

  for (const container of containers) {
    const own = container.securityContext ?? {};
    const of = `container ${container.name}`;
    rule(!own.privileged, `${of} is privileged`);
    rule(own.allowPrivilegeEscalation === false, `${of} may escalate privileges`);
    rule((own.runAsNonRoot ?? pod.runAsNonRoot) === true, `${of} may run as root`);
    rule(own.runAsUser !== 0, `${of} runs as user 0`);
    rule(['RuntimeDefault', 'Localhost'].includes((own.seccompProfile ?? pod.seccompProfile)?.type), `${of} has no seccomp profile`);
    rule((own.capabilities?.drop ?? []).includes('ALL'), `${of} keeps capabilities`);
    rule((own.capabilities?.add ?? []).every((capability: string) => capability === 'NET_BIND_SERVICE'), `${of} adds capabilities`);
    rule([undefined, 'Default'].includes(own.procMount), `${of} changes procMount`);
    rule([undefined, 'RuntimeDefault', 'Localhost'].includes(own.appArmorProfile?.type), `${of} has an AppArmor profile that is not allowed`);
    rule(!own.seLinuxOptions?.user && !own.seLinuxOptions?.role, `${of} sets SELinux user or role`);
    rule(!own.windowsOptions?.hostProcess, `${of} is a host process`);
    for (const { hostPort } of container.ports ?? []) { rule(!hostPort, `${of} takes a port of the host`); }
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
    for (const handler of [livenessProbe, readinessProbe, startupProbe, lifecycle?.preStop, lifecycle?.postStart]) {
      rule(!handler?.httpGet?.host && !handler?.tcpSocket?.host, `${of} probes another host`);
    }
  }
  return found;
}

/** Every pod template of an object, whatever its kind. */
export function podTemplates(object: any): { metadata?: any; spec: any }[] {
  if (typeof object !== 'object' || object === null) { return []; }
  if (Array.isArray(object)) { return object.flatMap(podTemplates); }
  const own = Array.isArray(object.spec?.containers) ? [object] : [];
  return [...own, ...Object.values(object).flatMap(podTemplates)];
}
