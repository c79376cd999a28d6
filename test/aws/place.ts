/** An AWS service as a test run uses it. */
export interface Place {
  /** Part of a sentence for a person: what a run makes there, and what it costs. */
  makes(runId: string): string;
  /**
   * Removes what a run made, and looks at nothing else; absent where the tests themselves do.
   * @returns part of a sentence for a person: what was left to the end
   */
  clean?(runId: string): Promise<string>;
}
