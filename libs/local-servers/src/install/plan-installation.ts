import type { Machine, Part, Strategy } from '../parts/part.js';
import { planApt } from './apt.js';
import { planDeb } from './deb.js';
import { planDownload } from './download.js';
import { planGo } from './go.js';
import type { InstallationPlan } from './installation.js';
import { planWheel } from './wheel.js';

/** Looks whether a strategy can work here, cheaply and without changing anything. */
export function planInstallation(part: Part, strategy: Strategy, machine: Machine): Promise<InstallationPlan> {
  switch (strategy.kind) {
    case 'download':
      return planDownload(part, strategy, machine);
    case 'wheel':
      return planWheel(part, strategy, machine);
    case 'go':
      return planGo(part, strategy);
    case 'deb':
      return planDeb(part, strategy);
    case 'apt':
      return planApt(strategy, machine);
  }
}
