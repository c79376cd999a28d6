import { printable, sentence } from '#domain/plain-words.ts';
import type { Context } from '../command.ts';
import { exitStatus } from '../output.ts';
import { type Column, table } from '../terminal/table.ts';
import { count } from '../views/enrollment.ts';
import type { Planned } from './plan.ts';
import type { RefusedRow } from './requests.ts';
import type { Outcome } from './submit.ts';

/** How many went which way. */
export interface Tally {
  taken: number;
  /** By policy. */
  refused: number;
  /** What was wrong in itself, or met a problem. Rows, not faults. */
  notTaken: number;
}

type Output = Context['output'];

const columns: readonly Column[] = [
  { heading: 'ROW', least: 6 },
  { heading: 'ID', least: 30 },
  { heading: 'STATE', least: 19 },
  { heading: 'PURPOSE', least: 10 },
  { heading: 'SUBSCRIBER', shortens: true },
];

const planColumns: readonly Column[] = [
  { heading: 'ROW', least: 6 },
  { heading: 'WOULD BE', least: 19 },
  { heading: 'PURPOSE', least: 10 },
  { heading: 'MAY LEAVE', least: 9 },
  { heading: 'ESCROW', least: 9 },
  { heading: 'LOCK', least: 9 },
  { heading: 'SUBSCRIBER', shortens: true },
];

/** Says which rows were not even sent, and why. */
export function sayRefusedRows(refused: readonly RefusedRow[], output: Output): void {
  for (const { row, field, why, next } of refused) {
    output.message(printable(`row ${row}, ${field}: ${sentence(why)} ${next} (invalid-input)`));
  }
}

/** Shows what became of some requests: those that are there on stdout, what went wrong on stderr. */
export async function showOutcomes(
  outcomes: readonly Outcome[],
  first: boolean,
  output: Output,
): Promise<void> {
  const rows = outcomes.flatMap((outcome) => {
    if (!('enrollment' in outcome)) return [];
    const { id, state, purpose, subscriber } = outcome.enrollment;
    return [[String(outcome.request.row), id, state, purpose, subscriber.id]];
  });
  if (rows.length > 0) await output.data(table(columns, rows, { headed: first }));
  for (const outcome of outcomes) {
    if ('problem' in outcome) sayProblem(outcome, output);
    else if (outcome.enrollment.refusal !== undefined)
      sayRefusal(outcome.request.row, outcome.enrollment.refusal, output);
  }
}

/** Shows what would become of some requests. */
export async function showPlans(planned: readonly Planned[], first: boolean, output: Output): Promise<void> {
  const rows = planned.flatMap((each) => {
    if (!('plan' in each)) return [];
    const { state, exportable, escrow, lock } = each.plan;
    const { purpose, subscriber } = each.request.body;
    return [
      [String(each.request.row), state, purpose, exportable ? 'yes' : 'no', escrow, lock, subscriber.id],
    ];
  });
  if (rows.length > 0) await output.data(table(planColumns, rows, { headed: first }));
  for (const each of planned) {
    if ('problem' in each) sayProblem(each, output);
    else if (each.plan.refusal !== undefined) sayRefusal(each.request.row, each.plan.refusal, output);
  }
}

interface Met {
  request: { row: number };
  problem: { detail: string; next: string; code: string };
}

function sayProblem({ request: { row }, problem: { detail, next, code } }: Met, output: Output): void {
  output.message(printable(`row ${row}: ${sentence(detail)} ${next} (${code})`));
}

function sayRefusal(
  row: number,
  { reason, contact, code }: { reason: string; contact: string; code: string },
  output: Output,
): void {
  output.message(printable(`row ${row}: ${sentence(reason)} Ask: ${contact} (${code})`));
}

/** Counts outcomes, or plans. */
export function tallyOf(outcomes: readonly (Outcome | Planned)[], refusedRows: readonly RefusedRow[]): Tally {
  const states = outcomes.flatMap((outcome) => {
    if ('enrollment' in outcome) return [outcome.enrollment.state];
    return 'plan' in outcome ? [outcome.plan.state] : [];
  });
  const refused = states.filter((state) => state === 'refused').length;
  const faultyRows = new Set(refusedRows.map(({ row }) => row)).size;
  return {
    taken: states.length - refused,
    refused,
    notTaken: outcomes.length - states.length + faultyRows,
  };
}

/** The tally in one sentence. @param dry whether nothing was really taken */
export function summary({ taken, refused, notTaken }: Tally, dry: boolean): string {
  const would = dry ? 'would be ' : '';
  const parts = [
    `${count(taken, 'request')} ${would}taken`,
    ...(refused > 0 ? [`${refused} ${would}refused by policy`] : []),
    ...(notTaken > 0 ? [`${notTaken} ${dry ? 'would not be' : 'not'} taken`] : []),
  ];
  return `${parts.join(', ')}.`;
}

/** 0 if all were taken, 3 if some were, 1 if none was. */
export function statusOf({ taken, refused, notTaken }: Tally): number {
  if (refused + notTaken === 0) return exitStatus.ok;
  return taken > 0 ? exitStatus.some : exitStatus.no;
}
