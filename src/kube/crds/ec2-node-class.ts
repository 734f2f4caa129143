import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { clusterScoped } from './node-pool';

/** A term that selects resources of EC2; several terms are ORed. */
export interface SelectorTerm {
  alias?: string;
  id?: string;
  name?: string;
  owner?: string;
  ownerID?: string;
  ssmParameter?: string;
  tags?: { [key: string]: string };
}

/** One EBS volume of a node. */
export interface BlockDevice {
  deviceName: string;
  rootVolume?: boolean;
  ebs: {
    volumeSize: string;
    volumeType: 'gp3';
    iops?: number;
    throughput?: number;
    encrypted: true;
    kmsKeyID?: string;
    deleteOnTermination: true;
  };
}

/** The fields of an EC2NodeClass that this library writes, in wire form. Internal. */
export interface Ec2NodeClassSpec {
  amiFamily: string;
  amiSelectorTerms: SelectorTerm[];
  subnetSelectorTerms: SelectorTerm[];
  securityGroupSelectorTerms: SelectorTerm[];
  capacityReservationSelectorTerms?: SelectorTerm[];
  placementGroupSelector?: { name: string };
  role: string;
  associatePublicIPAddress: false;
  blockDeviceMappings: BlockDevice[];
  instanceStorePolicy?: 'RAID0';
  metadataOptions: { httpEndpoint: 'enabled'; httpProtocolIPv6: 'disabled'; httpPutResponseHopLimit: number; httpTokens: 'required' };
  tags?: { [key: string]: string };
  userData?: string;
}

/** Writes an EC2NodeClass. */
export function ec2NodeClass(scope: Construct, id: string, name: string, labels: { [key: string]: string }, spec: Ec2NodeClassSpec): ApiObject {
  return clusterScoped(new ApiObject(scope, id, { apiVersion: 'karpenter.k8s.aws/v1', kind: 'EC2NodeClass', metadata: { name, labels }, spec }));
}
