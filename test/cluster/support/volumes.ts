import { ApiServer } from './api-server';
import { KubeObject } from './kube-object';

/** Class of the volumes of claims that name none: the cluster's default. */
const DEFAULT_CLASS = 'default';

/**
 * Makes the storage that some objects want. No provisioner runs here, so there is a volume of each claim's size, class and access modes: one
 * everywhere for claims of many nodes, and one in each zone for those of one node, as the disks of clouds are. The real scheduler chooses among them
 * for the first pod of a claim, the real controller binds the two, and the claim's other pods are held to the volume's zone.
 */
export async function provideVolumes(api: ApiServer, objects: KubeObject[], options: { claims: string[]; nodes: KubeObject[] }): Promise<void> {
  const zones = [...new Set(options.nodes.map(({ metadata }) => metadata.labels['topology.kubernetes.io/zone'] as string))];
  const emitted = objects.filter(({ kind }) => kind === 'PersistentVolumeClaim');
  const existing = options.claims.map((title): KubeObject => {
    const [namespace, name] = title.split('/');
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace, name },
      spec: { accessModes: ['ReadOnlyMany'], storageClassName: DEFAULT_CLASS, resources: { requests: { storage: '1Ti' } } },
    };
  });
  const claims = [...emitted, ...existing];
  const classOf = ({ spec }: KubeObject): string => spec.storageClassName ?? DEFAULT_CLASS;
  const classes = [...new Set([DEFAULT_CLASS, ...claims.map(classOf)])].map((name): KubeObject => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': String(name === DEFAULT_CLASS) } },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  }));
  const volumes = claims.flatMap((claim) => {
    const { namespace, name } = claim.metadata;
    const { accessModes, resources } = claim.spec;
    const volume = (title: string, zone?: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: title },
      spec: {
        accessModes,
        capacity: { storage: resources.requests.storage },
        storageClassName: classOf(claim),
        persistentVolumeReclaimPolicy: 'Retain',
        csi: { driver: 'disks.example.com', volumeHandle: title },
        ...zone === undefined ? {} : { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] }] }] } } },
      },
    });
    return accessModes.includes('ReadWriteOnce') ? zones.map((zone) => volume(`${namespace}-${name}-${zone}`, zone)) : [volume(`${namespace}-${name}`)];
  });
  await api.applyAll([...classes, ...volumes, ...existing]);
}

/** The volume that a storage class would make for a claim. With a claim that the server has, and its uid, the two are bound at once. */
export function volumeFor({ metadata, spec }: KubeObject): KubeObject {
  const { namespace, name, uid } = metadata;
  const title = uid === undefined ? `${namespace}-${name}` : `pvc-${uid}`;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: title },
    spec: {
      accessModes: spec.accessModes,
      storageClassName: spec.storageClassName,
      capacity: spec.resources.requests,
      claimRef: { namespace, name, uid },
      csi: { driver: 'disks.example.com', volumeHandle: title },
      persistentVolumeReclaimPolicy: 'Retain',
    },
  };
}
