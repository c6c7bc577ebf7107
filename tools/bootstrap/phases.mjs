import { say } from './run-program.mjs';

/** Announces each phase of the work and remembers how long it took. */
export class Phases {
  #timings = [];

  async time(name, work) {
    say(`\n== ${name}`);
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.#timings.push({ name, seconds: (performance.now() - startedAt) / 1000 });
    }
  }

  print() {
    say('\n== time');
    for (const { name, seconds } of this.#timings) say(`${seconds.toFixed(1).padStart(8)} s  ${name}`);
    say('');
  }
}
