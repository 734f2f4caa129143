import { didYouMean, show } from '../errors';

/** Fields of Kubernetes 1.36 (its OpenAPI document), at the levels where a pod is patched most. */
const FIELDS: { readonly [level: string]: readonly string[] } = {
  'a container': words(`
    args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resizePolicy resources restartPolicy
    restartPolicyRules securityContext startupProbe stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices
    volumeMounts workingDir`),
  'a pod': words(`
    activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy enableServiceLinks ephemeralContainers
    hostAliases hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets initContainers nodeName nodeSelector os
    overhead preemptionPolicy priority priorityClassName readinessGates resourceClaims resources restartPolicy runtimeClassName
    schedulerName schedulingGates schedulingGroup securityContext serviceAccount serviceAccountName setHostnameAsFQDN
    shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes`),
};

/**
 * What is wrong with the fields of a pod or of a container, a sentence each. API servers that are not asked to be strict drop such a field
 * and say nothing. A name that is like none of these may be one of a later Kubernetes, and is let through.
 */
export function fieldProblems(level: 'a pod' | 'a container', object: object): string[] {
  const known = FIELDS[level];
  const other = level === 'a pod' ? 'a container' : 'a pod';
  return Object.keys(object).filter((field) => !known.includes(field)).flatMap((field) => {
    if (FIELDS[other].includes(field)) { return [`${show(field)} is a field of ${other} and not of ${level}; set it there`]; }
    const sentence = didYouMean(`field of ${level}`, field, known);
    return sentence.endsWith('?') ? [sentence] : [];
  });
}

function words(text: string): string[] { return text.trim().split(/\s+/); }
