/** The same objects as one release of a Helm chart, rendered by `helm template`: what a user would pick instead. */
import { execFileSync } from 'child_process';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { App, Testing, Yaml } from 'cdk8s';
import { parseAllDocuments } from 'yaml';
import { measureCommand } from './command';
import { addChart, addCharts, modelsOf, Platform } from './synthesis-charts';
import type { Took } from './synthesis-run';
import { CACHES } from '../test/support/once';

/** Helm's command, as its Go module has it. */
export const HELM = { module: 'helm.sh/helm/v4/cmd/helm', version: 'v4.3.1' };

/** Texts that stand for a model's values until they become expressions of the template. */
const MODEL = { name: 'model-name-here', team: 'team-name-here', replicas: 424242424242 };

/** The command, built from its module on first use. */
function helm(): string {
  const folder = path.join(CACHES, `helm-${HELM.version}`);
  const command = path.join(folder, 'helm');
  if (!fs.existsSync(command)) {
    execFileSync('go', ['install', `${HELM.module}@${HELM.version}`], { env: { ...process.env, GOBIN: folder, GOFLAGS: '' }, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return command;
}

/** What rendering the platform takes, as a program: Helm reads its chart where cdk8s builds a tree. */
export function measureHelm(platform: Platform, times = 1): Took {
  const folder = writeChart(platform);
  try {
    const { cpu, mebibytes } = measureCommand([helm(), 'template', 'platform', folder], { output: path.join(folder, 'out.yaml'), times });
    return { cpu, programCpu: cpu, mebibytes };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Whether Helm gives the objects that cdk8s gives. */
export function helmGivesTheSame(platform: Platform): boolean {
  const folder = writeChart(platform);
  try {
    const app = new App();
    addCharts(app, platform);
    const sorted = (yaml: string) => parseAllDocuments(yaml, { version: '1.1' }).map((document: any) => document.toJS()).filter((object) => object !== null)
      .map((object) => JSON.stringify(object, (_, value) => value && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)) : value))
      .sort();
    const ofHelm = sorted(execFileSync(helm(), ['template', 'platform', folder], { encoding: 'utf8', maxBuffer: 2 ** 30 }));
    return JSON.stringify(ofHelm) === JSON.stringify(sorted(app.synthYaml()));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function writeChart(platform: Platform): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-helm-'));
  fs.mkdirSync(path.join(folder, 'templates'));
  const objects = Testing.synth(addChart(new App(), MODEL, platform.dashboards));
  const template = Yaml.stringify(...objects)
    .replace(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`)
    .replaceAll(MODEL.name, '{{ .name }}').replaceAll(MODEL.team, '{{ .team }}').replaceAll(String(MODEL.replicas), '{{ .replicas }}');
  fs.writeFileSync(path.join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: platform\nversion: 1.0.0\n');
  fs.writeFileSync(path.join(folder, 'values.yaml'), Yaml.stringify({ models: modelsOf(platform) }));
  fs.writeFileSync(path.join(folder, 'templates', 'models.yaml'), `{{- range .Values.models }}\n---\n${template}{{- end }}\n`);
  return folder;
}
