import { Connection, Reply } from './connection';
import { Access } from './kubeconfig';

/** Reads from an API server; it never writes. Each path is read once. */
export class Cluster {
  private readonly connection: Connection;
  private readonly replies = new Map<string, Promise<Reply>>();

  public constructor(public readonly access: Access) { this.connection = new Connection(access, 'doctor'); }

  /** The reply to GET. `metadataOnly` asks for an object without its contents: a Secret's values never travel. */
  public async get(path: string, metadataOnly = false): Promise<Reply> {
    const reply = this.replies.get(path)
      ?? this.connection.ask(path, metadataOnly ? { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' } : {});
    this.replies.set(path, reply);
    return reply;
  }
}
