import { ApiServer } from './api-server';
import { PLANTED_FAULTS, PlantedFault } from './planted-faults';
import { validationPage } from './validation-page';
import { Verdict, verdictOn } from './verdict';
import { ControlPlaneOptions } from '../control-plane';

/** The control plane that the faults are shown to: groups have a webhook, the other kinds have rules in their definitions. */
export const JUDGE: ControlPlaneOptions = { controllers: ['leaderworkerset'] };

/** What came of every fault, and the page that says so. */
export async function judged(api: ApiServer, verdicts = new Map<PlantedFault, Verdict>()): Promise<string> {
  for (const fault of PLANTED_FAULTS.flatMap(({ faults }) => faults)) {
    if (!verdicts.has(fault)) { verdicts.set(fault, await verdictOn(api, fault.plant)); }
  }
  const { major, minor } = await api.must('GET', '/version');
  return validationPage(PLANTED_FAULTS, verdicts, `${major}.${minor}`);
}
