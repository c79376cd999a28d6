import type * as v from 'valibot';
import type { comparePolicy, PolicyChangeView } from '#contract/api/policy.ts';

type Page = v.InferOutput<(typeof comparePolicy)['answer']['schema']>;
/** An enrollment for which something would change. */
export type ChangedEnrollment = Page['enrollments'][number];

/** One kind of change: how many enrollments it is, and which. */
export interface Change extends Pick<PolicyChangeView, 'change' | 'profiles' | 'reason' | 'rules'> {
  enrollments: ChangedEnrollment[];
}

/** What another policy would change, gathered page by page. */
export class Tally {
  evaluated = 0;
  readonly changed: ChangedEnrollment[] = [];
  #of: Pick<Page, 'version' | 'document'> | undefined;
  readonly #changes = new Map<string, Change>();

  /** @returns false if the page compares other policies than those before it */
  add(page: Page): boolean {
    this.#of ??= { version: page.version, document: page.document };
    if (page.version !== this.#of.version || page.document !== this.#of.document) return false;
    this.evaluated += page.evaluated;
    this.changed.push(...page.enrollments);
    for (const enrollment of page.enrollments) {
      for (const change of enrollment.changes) this.#count(enrollment, change);
    }
    return true;
  }

  #count(enrollment: ChangedEnrollment, { change, profiles, reason, rules }: PolicyChangeView): void {
    const key = JSON.stringify([change, profiles, rules]);
    const counted = this.#changes.get(key) ?? { change, profiles, reason, rules, enrollments: [] };
    counted.enrollments.push(enrollment);
    this.#changes.set(key, counted);
  }

  /** The kinds of change, what concerns most first. */
  get changes(): readonly Change[] {
    return [...this.#changes.values()].sort((a, b) => b.enrollments.length - a.enrollments.length);
  }

  /** For a program: the numbers, then every enrollment for which something would change. */
  asJson(): object {
    const counts = this.changes.map(({ enrollments, ...change }) => ({
      ...change,
      count: enrollments.length,
    }));
    return { ...this.#of, evaluated: this.evaluated, changes: counts, enrollments: this.changed };
  }
}
