import { ModelRow, MODELS } from '../../src/catalog/data/models';
import { Model } from '../../src/catalog/model';

/** A model of the catalogue, read anew from its row: `Model.named` reads a row once, and a test is to stand alone. */
export function fresh(id: string): Model { return Model.fromHubConfig(configOf(id)); }

function configOf(id: string): NonNullable<ModelRow['config']> {
  const row = MODELS.find((r) => r.id === id)!;
  return { ...row.like === undefined ? {} : configOf(row.like), ...row.config };
}
