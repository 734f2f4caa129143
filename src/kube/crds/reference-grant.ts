import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';

/** The fields of a ReferenceGrant that this library writes, in wire form. Internal. */
export interface ReferenceGrantSpec {
  from: { group: string; kind: string; namespace: string }[];
  to: { group: string; kind: string; name: string }[];
}

/**
 * Writes a ReferenceGrant, in the namespace that grants. It is v1beta1, which older releases of Gateway API have alone and newer
 * ones still store; v1 has the same fields.
 */
export function referenceGrant(
  scope: Construct, id: string, metadata: { name: string; namespace: string; labels: { [key: string]: string } }, spec: ReferenceGrantSpec,
): ApiObject {
  return new ApiObject(scope, id, { apiVersion: 'gateway.networking.k8s.io/v1beta1', kind: 'ReferenceGrant', metadata, spec });
}
