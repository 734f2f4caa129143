import { counted, figure, percent } from './numbers';
import { bullets, paint, ReportOptions, table } from './table';
import { CalibratedDeployment, Calibration, CalibrationErrors } from '../sizing/calibration';

/** A calibration for people: what is corrected, what the errors were and are, and which rows were refused. Ends with a line feed. */
export function calibrationText(calibration: Calibration, options: ReportOptions = {}): string {
  const colors = paint(options.color ?? false);
  const section = (title: string, body: string) => `${colors.bold(title)}\n${body}\n`;
  return [
    ...calibration.deployments.map((deployment) => section(
      `${deployment.model} in ${deployment.precision} on ${deployment.accelerator} with ${deployment.engine}, ${counted(deployment.rows, 'measurement')}`,
      `${factors(deployment, options)}\n\n${errors(deployment, options)}`)),
    ...calibration.refused.length
      ? [section('Refused', bullets(calibration.refused.map(({ source, reason }) => `${source}: ${reason}`), options))]
      : [],
  ].join('\n');
}

function factors({ factors: f }: CalibratedDeployment, options: ReportOptions): string {
  const rows: [string, number][] = [
    ['Memory bandwidth', f.bandwidth], ['Tensor rate', f.arithmetic], ['Links', f.link], ['Overheads', f.overhead], ['Waits for the first token', f.firstToken],
  ];
  return table([{ head: 'constants' }, { head: 'factor', right: true }], rows.map(([name, factor]) => [name, figure(factor)]), options);
}

function errors({ errorsBefore, errorsAfter }: CalibratedDeployment, options: ReportOptions): string {
  const rows: [string, keyof CalibrationErrors][] = [
    ['Throughput', 'outputTokensPerSecond'], ['Time to first token', 'timeToFirstToken'],
    ['Time per output token', 'timePerOutputToken'], ['End to end', 'endToEnd'],
  ];
  return table(
    [{ head: 'median error on these rows' }, { head: 'before', right: true }, { head: 'after', right: true }],
    rows.flatMap(([name, key]) => errorsBefore[key] === undefined ? [] : [[name, percent(errorsBefore[key]), percent(errorsAfter[key]!)]]), options);
}
