/** One measurement in a process of its own: builds a platform, then synthesizes it, and prints what that took as JSON. */
import { App, YamlOutputType } from 'cdk8s';
import { addCharts, Platform } from './synthesis-charts';
import { PlatformApp } from '../src/app/platform-app';
import { OutputFormat } from '../src/app/platform-app-props';

/** Whose synthesis is measured. */
export type Writer = 'cdk8s' | 'PlatformApp' | 'PlatformApp, JSON';

/** What is measured. */
export interface Run extends Platform {
  readonly writer: Writer;
  readonly outdir: string;
  readonly outputType?: YamlOutputType;
}

/** What it took. */
export interface Took {
  /** CPU seconds of synthesis, and of the program as a whole. */
  readonly cpu: number;
  readonly programCpu: number;
  /** Most memory of the program, in MiB. */
  readonly mebibytes: number;
}

function measured({ writer, outdir, outputType, ...platform }: Run): Took {
  const props = { outdir, yamlOutputType: outputType };
  const app = writer === 'cdk8s' ? new App(props) : new PlatformApp({ ...props, outputFormat: writer === 'PlatformApp' ? OutputFormat.YAML : OutputFormat.JSON });
  addCharts(app, platform);
  const start = process.cpuUsage();
  app.synth();
  const { user, system } = process.cpuUsage(start);
  const all = process.cpuUsage();
  return { cpu: (user + system) / 1e6, programCpu: (all.user + all.system) / 1e6, mebibytes: process.resourceUsage().maxRSS / 1024 };
}

if (require.main === module) { console.log(JSON.stringify(measured(JSON.parse(process.argv[2])))); }
