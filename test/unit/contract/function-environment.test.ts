import { describe, expect, it } from 'vitest';
import { environmentNames as names } from '#contract/environment.ts';
import { environmentOf } from '#contract/function-environment.ts';
import { type FunctionName, type FunctionSpec, functions } from '#contract/functions.ts';
import { environmentOfFunction } from '#test/support/function-environment.ts';

const told = (name: FunctionName, custody: 'kms' | 'pkcs11' = 'kms') =>
  environmentOf(functions[name], custody);

describe('what a function is told', () => {
  it('follows from what it may do and what sets it to work', () => {
    expect(told('show-enrollment')).toStrictEqual(
      [
        ...[names.functionName, names.stage, names.resource, names.tokenSettings],
        ...[names.aggregatesTable, names.ledgerTable],
      ].sort(),
    );
    expect(told('notify-subscriber')).toContain(names.queueUrls);
    expect(told('keep-dead-letters')).toContain(names.queueUrls);
    expect(told('set-password')).toContain(names.keyPairMakers);
    expect(told('export-copy')).toContain(names.escrowMaker);
    expect(told('change-password')).toContain(names.escrowMaker);
    expect(told('set-password')).not.toContain(names.escrowMaker);
  });

  it('names custody only where it is worked with, and the one that there is', () => {
    expect(told('list-enrollments')).not.toContain(names.custody);
    expect(told('export-copy')).toContain(names.kmsAliasPrefix);
    expect(told('export-copy')).not.toContain(names.tokenPin);
    expect(told('export-copy', 'pkcs11')).toContain(names.tokenPin);
    expect(told('export-copy', 'pkcs11')).not.toContain(names.kmsAliasPrefix);
  });

  it('names no backups to what makes identity keys, and no locked keys to what reads lists', () => {
    expect(told('make-identity-key-pair')).not.toContain(names.backupBucket);
    expect(told('make-identity-key-pair-with-password')).not.toContain(names.backupBucket);
    for (const name of ['list-enrollments', 'show-enrollment', 'list-backups', 'read-receipt'] as const) {
      expect(told(name)).not.toContain(names.lockedKeysTable);
      expect(told(name)).not.toContain(names.backupBucket);
    }
  });

  it('names each variable once, and none that is not known', () => {
    const known: readonly string[] = Object.values(names);
    for (const spec of Object.values<FunctionSpec>(functions)) {
      const all = environmentOf(spec, 'kms');
      expect(new Set(all).size).toBe(all.length);
      expect(all.filter((name) => !known.includes(name))).toStrictEqual([]);
    }
  });

  it('names every variable to some function', () => {
    const all = Object.values<FunctionSpec>(functions).flatMap((spec) => [
      ...environmentOf(spec, 'kms'),
      ...environmentOf(spec, 'pkcs11'),
    ]);
    expect([...new Set(all)].sort()).toStrictEqual(Object.values(names).sort());
  });

  it('is what tests tell it', () => {
    expect(Object.keys(environmentOfFunction('set-password')).sort()).toStrictEqual(told('set-password'));
  });
});
