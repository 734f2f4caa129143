/** The fields of a NetworkPolicy that this library writes, in wire form. */

export interface NetworkPeer {
  namespaceSelector?: { matchLabels: { [key: string]: string } };
  podSelector?: { matchLabels?: { [key: string]: string } };
  ipBlock?: { cidr: string; except?: string[] };
}

export interface NetworkPort { protocol: string; port: number; endPort?: number }

export interface NetworkPolicySpec {
  podSelector: { matchLabels: { [key: string]: string } };
  policyTypes: string[];
  ingress?: { from: NetworkPeer[]; ports?: NetworkPort[] }[];
  egress?: { to?: NetworkPeer[]; ports?: NetworkPort[] }[];
}
