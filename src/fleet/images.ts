import { ISecret } from 'cdk8s-plus-28';

/** Where container images come from. */
export interface FleetImages {
  /**
   * Registry, and path in it, that stands in for the registry of every image: with `registry.example.com/mirror`,
   * an image `some.registry/org/name:tag` is pulled as `registry.example.com/mirror/org/name:tag`.
   *
   * @default - images are pulled from where they are published
   */
  readonly mirror?: string;
  /**
   * Secrets with credentials of the registry, in the fleet's namespace.
   *
   * @default - none
   */
  readonly pullSecrets?: ISecret[];
}

/** Whether a text can stand before an image's path. */
export function isMirror(mirror: unknown): mirror is string {
  return typeof mirror === 'string' && mirror.length <= 200
    && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(mirror);
}

/** An image reference as the mirror has it. The first part of a reference is a registry if it looks like a host. */
export function mirrored(reference: string, mirror?: string): string {
  if (!mirror || reference.startsWith(`${mirror}/`)) { return reference; }
  const [first, ...rest] = reference.split('/');
  const path = rest.length > 0 && /[.:]|^localhost$/.test(first) ? rest.join('/') : reference;
  return `${mirror}/${path}`;
}
