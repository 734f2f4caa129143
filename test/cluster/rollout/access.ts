/** What a kubelet mounts for a service account. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ControlPlane } from '../control-plane';
import { ApiServer } from '../support/api-server';

/** Writes an account's token and the cluster's CA into a folder, as pods have them. */
export async function writeAccount(api: ApiServer, cluster: ControlPlane, namespace: string, account: string, folder: string): Promise<void> {
  fs.writeFileSync(path.join(folder, 'token'), await tokenOf(api, namespace, account));
  fs.writeFileSync(path.join(folder, 'ca.crt'), cluster.ca);
}

export async function tokenOf(api: ApiServer, namespace: string, account: string): Promise<string> {
  const { status } = await api.must('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, {
    apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 },
  });
  return status.token;
}
