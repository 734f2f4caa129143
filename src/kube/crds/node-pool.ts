import { ApiObject, Chart, JsonPatch } from 'cdk8s';
import { Construct } from 'constructs';

/** One requirement on the nodes. */
export interface NodeRequirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt' | 'Gte' | 'Lte';
  values?: string[];
}

/** One taint. */
export interface NodeTaint { key: string; value?: string; effect: string }

/** The fields of a Karpenter NodePool that this library writes, in wire form. Internal. */
export interface NodePoolSpec {
  template: {
    metadata: { labels: { [key: string]: string } };
    spec: {
      nodeClassRef: { group: string; kind: string; name: string };
      requirements: NodeRequirement[];
      taints?: NodeTaint[];
      expireAfter: string;
      terminationGracePeriod?: string;
    };
  };
  disruption: {
    consolidationPolicy: 'WhenEmpty';
    consolidateAfter: string;
    budgets: { nodes: string; reasons: ('Underutilized' | 'Empty' | 'Drifted')[] }[];
  };
  limits: { [resource: string]: string };
  weight?: number;
}

/** Writes a NodePool. */
export function nodePool(scope: Construct, id: string, name: string, labels: { [key: string]: string }, spec: NodePoolSpec): ApiObject {
  return clusterScoped(new ApiObject(scope, id, { apiVersion: 'karpenter.sh/v1', kind: 'NodePool', metadata: { name, labels }, spec }));
}

/** Takes away the namespace that a chart gives to all of its objects. */
export function clusterScoped(object: ApiObject): ApiObject {
  if (Chart.of(object).namespace !== undefined) { object.addJsonPatch(JsonPatch.remove('/metadata/namespace')); }
  return object;
}
