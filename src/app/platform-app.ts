import * as fs from 'fs';
import * as path from 'path';
import { ApiObject, App, Chart, Names, YamlOutputType } from 'cdk8s';
import { IConstruct } from 'constructs';
import { didYouMean, fail, textProblem } from '../errors';
import { addChartDependencies, DependencyOrder, Reasons } from './dependency-order';
import { checkBudget, Ledger } from './ledger';
import { Output, OUTPUTS, Synthesized, textOf, writeInGroups } from './output';
import { OutputFormat, PlatformAppProps, SynthesisBudget } from './platform-app-props';

/**
 * cdk8s' `App` for thousands of charts: the same files with the same bytes, in time that grows with the charts and not with their square.
 *
 * Everything that takes an `App` takes it, and `cdk8s synth` with its options works. It runs each validation once, where cdk8s runs all of them
 * again for every chart, and a cycle's message says why each chart depends on the next.
 *
 * @example
 * const platform = new PlatformApp({ budget: { maxObjectsPerNamespace: 500 }, summaryFile: 'dist.summary.json' });
 * new Chart(platform, 'chat', { namespace: 'chat' });
 * platform.synth();
 */
export class PlatformApp extends App {
  private readonly output: Output;
  private readonly budget?: SynthesisBudget;
  private readonly summaryFile?: string;
  private dependenciesAdded = false;

  /** @param props Where to and how to write, and how much. */
  public constructor(props: PlatformAppProps = {}) {
    super(props);
    const { outputFormat = OutputFormat.YAML, budget, summaryFile } = props;
    this.output = OUTPUTS[outputFormat] ?? fail(undefined, didYouMean('output format', outputFormat, Object.values(OutputFormat)));
    const problem = summaryFile === undefined ? undefined : textProblem('summaryFile', summaryFile, LONGEST_PATH);
    if (problem) { fail(undefined, problem); }
    checkBudget(budget);
    this.budget = budget;
    this.summaryFile = summaryFile;
  }

  /** All charts, each after those that it depends on. */
  public get charts(): Chart[] {
    return this.sortedCharts(new Reasons());
  }

  /** Writes all manifests to the output folder. */
  public synth(): void {
    fs.mkdirSync(this.outdir, { recursive: true });
    const constructs = this.node.findAll();
    validate(constructs);
    const reasons = new Reasons();
    const dependent = this.addDependencies(constructs, reasons);
    const charts = this.sortedCharts(reasons);
    const ledger = this.budget || this.summaryFile !== undefined ? new Ledger() : undefined;
    this.write(charts, dependent, ledger);
    const recording = this as unknown as Recording;
    if (recording.recordConstructMetadata) { recording.writeConstructMetadata(charts.flatMap(objectsInOrder)); }
    if (!ledger) { return; }
    if (this.summaryFile !== undefined) { fs.writeFileSync(this.summaryFile, `${JSON.stringify(ledger.summary(), null, 2)}\n`); }
    const problems = ledger.problems(this.budget ?? {});
    if (problems.length) { throw new Error(problems.length === 1 ? problems[0] : `Synthesis is over its budget:\n  ${problems.join('\n  ')}`); }
  }

  /**
   * All manifests as one text of YAML.
   *
   * @returns YAML with all objects of all charts in this app.
   */
  public synthYaml(): string {
    const constructs = this.node.findAll();
    const reasons = new Reasons();
    this.addDependencies(constructs, reasons);
    validate(constructs);
    const objects = this.sortedCharts(reasons).map(synthesized);
    return textOf(objects.flat(), OUTPUTS[OutputFormat.YAML]);
  }

  private addDependencies(constructs: IConstruct[], reasons: Reasons): boolean {
    const dependent = addChartDependencies(constructs, reasons);
    this.dependenciesAdded = true;
    return dependent;
  }

  private sortedCharts(reasons: Reasons): Chart[] {
    return DependencyOrder.of(this, this.dependenciesAdded, reasons).filter(Chart.isChart);
  }

  /** Writes a chart after the other, so that no more than one is held as objects or text. */
  private write(charts: Chart[], dependent: boolean, ledger?: Ledger): void {
    const counted = (objects: Synthesized[]) => {
      objects.forEach(({ construct, object }) => ledger?.add(construct, object));
      return objects;
    };
    const objectsOf = (chart: Chart) => counted(synthesized(chart));
    const chartNames = charts.map((chart, i) => `${dependent ? `${String(i).padStart(4, '0')}-` : ''}${Names.toDnsLabel(chart)}`);
    switch (this.yamlOutputType) {
      case YamlOutputType.FILE_PER_APP:
        if (charts.length) { writeInGroups(this.file('app'), charts.map((chart) => () => objectsOf(chart)), this.output); }
        return;
      case YamlOutputType.FILE_PER_CHART:
        charts.forEach((chart, i) => fs.writeFileSync(this.file(chartNames[i]), textOf(objectsOf(chart), this.output)));
        return;
      case YamlOutputType.FILE_PER_RESOURCE:
        charts.forEach((chart) => objectsOf(chart).forEach((one) => this.writeOne('', one, one.object)));
        return;
      case YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE:
        charts.forEach((chart, i) => {
          fs.mkdirSync(path.join(this.outdir, chartNames[i]), { recursive: true });
          for (const construct of objectsInOrder(chart)) {
            const [one] = counted([{ construct, object: construct.toJson() }]);
            this.writeOne(chartNames[i], one, construct);
          }
        });
    }
  }

  /** Writes an object to a file of its own, called after what cdk8s calls it after. */
  private writeOne(folder: string, { construct, object }: Synthesized, named: { kind?: string; metadata: { name?: string } }): void {
    if (object === undefined) { return; }
    const name = `${named.kind}.${named.metadata.name}`.replace(/[^0-9a-zA-Z-_.]/g, '');
    fs.writeFileSync(this.file(path.join(folder, name)), this.output.document(object, construct) + this.output.endOfOne);
  }

  private file(name: string): string {
    return path.join(this.outdir, `${name}${this.outputFileExtension}`);
  }
}

/** What cdk8s' `App` does for itself alone. */
interface Recording {
  readonly recordConstructMetadata: boolean;
  writeConstructMetadata(objects: ApiObject[]): void;
}

/** Longest path of a file. */
const LONGEST_PATH = 4096;

/** The objects of a chart as they are written. A chart with a `toJson()` of its own says itself what these are. */
function synthesized(chart: Chart): Synthesized[] {
  if (chart.toJson !== Chart.prototype.toJson) { return Object.values(chart.toJson()).map((object) => ({ construct: chart, object })); }
  return objectsInOrder(chart).map((construct) => ({ construct, object: construct.toJson() }));
}

/** The objects of a chart, without those of charts inside it, each after those that it depends on. */
function objectsInOrder(chart: Chart): ApiObject[] {
  return DependencyOrder.of(chart, true).filter(ApiObject.isApiObject).filter((object) => Chart.of(object) === chart);
}

/** Refuses as cdk8s does, in its words. */
function validate(constructs: IConstruct[]): void {
  const errors = constructs.flatMap(({ node }) => node.validate().map((error) => `[${node.path}] ${error}`));
  if (errors.length) { throw new Error(`Validation failed with the following errors:\n  ${errors.join('\n  ')}`); }
}
