import { App, Chart, Testing } from 'cdk8s';

/** What a chart synthesizes to. */
export interface Rendered {
  readonly objects: any[];
  /** Every object of a kind, in order. */
  all(kind: string): any[];
  /** The only object of a kind. */
  one(kind: string): any;
  /** The object of a kind with this name. */
  named(kind: string, name: string): any;
}

/** The objects of a chart, as they go to the cluster. */
export function render(synthesized: Chart): Rendered {
  const objects: any[] = JSON.parse(JSON.stringify(Testing.synth(synthesized)));
  const all = (kind: string) => objects.filter((object) => object.kind === kind);
  const single = (found: any[], what: string) => {
    if (found.length !== 1) { throw new Error(`${found.length} objects are ${what}; there are ${objects.map((o) => `${o.kind}/${o.metadata.name}`).join(', ')}`); }
    return found[0];
  };
  return {
    objects,
    all,
    one: (kind) => single(all(kind), `a ${kind}`),
    named: (kind, name) => single(all(kind).filter((object) => object.metadata.name === name), `${kind}/${name}`),
  };
}

/** A chart `chat` in an app that writes nothing. */
export function chart(namespace?: string, id = 'chat'): Chart {
  return new Chart(Testing.app(), id, { namespace });
}

/** The bytes that an app writes. */
export function yaml(app: App): string {
  return app.synthYaml();
}

/** The sentence that something throws. */
export function sentence(action: () => unknown): string {
  try { action(); } catch (error) { return (error as Error).message; }
  throw new Error('nothing was thrown');
}
