import type { Reporter, TestModule, Vitest } from 'vitest/node';

/**
 * Ends a run with one line, `N passed, N failed`, for whoever reads the run by machine. It counts tests, and as failed
 * also what is no test: a file that could not be loaded, a hook that threw, an error that nobody caught.
 */
export class CountReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = modules.map(countModule);
    const passed = sum(counts.map((count) => count.passed));
    const failed = sum(counts.map((count) => count.failed)) + unhandledErrors.length;
    this.#vitest?.logger.log(`\n${passed} passed, ${failed} failed`);
  }
}

function countModule(module: TestModule): { passed: number; failed: number } {
  const states = [...module.children.allTests()].map((test) => test.result().state);
  const outside = [module, ...module.children.allSuites()].filter((task) => task.errors().length > 0);
  return {
    passed: states.filter((state) => state === 'passed').length,
    failed: states.filter((state) => state === 'failed').length + outside.length,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
