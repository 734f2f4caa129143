import { ApiServer } from './api-server';

/** What Kubernetes itself keeps in every namespace, and what it keeps for a while. */
const OF_KUBERNETES = /^(ServiceAccount [^/]+\/default|ConfigMap [^/]+\/kube-root-ca\.crt|Event .*)$/;

/** Everything that is in some namespaces, of every kind that the server lists, but Kubernetes' own; `Kind namespace/name`. */
export async function leftoversIn(api: ApiServer, namespaces: string[]): Promise<string[]> {
  const groups: any[] = (await api.must('GET', '/apis')).groups;
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const paths = (await Promise.all(roots.map(async (root) => {
    const { resources } = await api.must('GET', root);
    return resources.filter(({ name, namespaced, verbs }: any) => namespaced && verbs.includes('list') && !name.includes('/'))
      .map(({ name, kind }: any) => ({ root, name, kind }));
  }))).flat();
  const found = await Promise.all(namespaces.flatMap((namespace) => paths.map(async ({ root, name, kind }) =>
    (await api.must('GET', `${root}/namespaces/${namespace}/${name}`)).items.map(({ metadata }: any) => `${kind} ${namespace}/${metadata.name}`))));
  return [...new Set(found.flat())].filter((title) => !OF_KUBERNETES.test(title)).sort();
}
