/** An event pattern: at each leaf the values of which one must stand there (User Guide, "Event patterns"). */
export interface EventPattern {
  [field: string]: EventPattern | readonly unknown[];
}

/** What reaches a rule: an event as EventBridge frames it. */
export interface BusEvent {
  source: string;
  'detail-type': string;
  detail: unknown;
}

export interface Rule {
  pattern: EventPattern;
  /** Is given the detail as JSON: a target whose input path is `$.detail`. */
  target(detail: string): unknown;
}

/** Whether an event matches a pattern; of its operators only equality, which is all that rules here use. */
export function matches(pattern: EventPattern, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return Object.entries(pattern).every(([name, wanted]) => {
    const found = fields[name];
    if (!isLeaf(wanted)) return matches(wanted, found);
    // An array matches where any of its members does.
    return Array.isArray(found) ? found.some((each) => wanted.includes(each)) : wanted.includes(found);
  });
}

function isLeaf(wanted: EventPattern | readonly unknown[]): wanted is readonly unknown[] {
  return Array.isArray(wanted);
}
