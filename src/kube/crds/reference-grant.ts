import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';

/** The fields of a ReferenceGrant that this library writes, in wire form. Internal. */
export interface ReferenceGrantSpec {
  from: { group: string; kind: string; namespace: string }[];
  to: { group: string; kind: string; name: string }[];
}

/**
 * Writes a ReferenceGrant, in the namespace that grants. It is v1beta1, which every release of Gateway API with the kind
 * serves; v1 is newer than the other kinds' and controllers in use don't watch it.
 */
export function referenceGrant(
  scope: Construct, id: string, metadata: { name: string; namespace: string; labels: { [key: string]: string } }, spec: ReferenceGrantSpec,
): ApiObject {
  return new ApiObject(scope, id, { apiVersion: 'gateway.networking.k8s.io/v1beta1', kind: 'ReferenceGrant', metadata, spec });
}
