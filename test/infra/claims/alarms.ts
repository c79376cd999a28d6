import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { functions } from '#contract/functions.ts';
import { metricNamespace, metricUnits } from '#contract/metrics.ts';
import { at, listOf } from '../template.ts';
import { functionNames, type Parties } from './parties.ts';

const runbook = join(import.meta.dirname, '..', '..', '..', 'docs', 'runbook.md');

/** Alarms: each says what is wrong and where it is written what to do, and tells somebody. */
export function alarmClaims(parties: Parties): void {
  const alarms = () => parties.deployed.all('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);

  describe('the alarms', () => {
    it('each have a section in the runbook, and each section of it has an alarm', () => {
      const named = alarms().map((alarm) => {
        const [, section] = /docs\/runbook\.md#([a-z-]+)$/.exec(String(alarm['AlarmDescription'])) ?? [];
        return section;
      });
      const sections = [...readFileSync(runbook, 'utf8').matchAll(/^## ([a-z-]+)$/gm)].map(
        ([, name]) => name,
      );
      expect([...new Set(named)].sort()).toEqual([...sections].sort());
    });

    it('each tell the topic for alarms, as they begin and as they end', () => {
      const topic = parties.deployed.ref(parties.deployed.service, 'AWS::SNS::Topic', 'Alarms');
      for (const alarm of alarms())
        expect(alarm).toMatchObject({ AlarmActions: [topic], OKActions: [topic] });
    });

    it('watch metrics of the service by the names and functions that count them', () => {
      const own = alarms().filter(
        (alarm) => alarm['Namespace'] === metricNamespace && alarm['Dimensions'] !== undefined,
      );
      expect(own.length).toBeGreaterThan(5);
      for (const alarm of own) {
        expect(Object.keys(metricUnits)).toContain(alarm['MetricName']);
        const dimensions = listOf(alarm['Dimensions']).map((one) => [at(one, 'Name'), at(one, 'Value')]);
        const { function: name, stage } = Object.fromEntries(dimensions);
        // What any function may count is of the stage alone.
        if (alarm['MetricName'] === 'PolicyFailures') expect(name).toBeUndefined();
        else expect(functionNames).toContain(name);
        expect(stage).toBe('test');
      }
    });

    it('watch for enrollments that wait long, whose messages may be hidden between two tries', () => {
      const [alarm] = alarms().filter((one) => one['MetricName'] === 'EnrollmentsWaitingLong');
      expect(alarm).toMatchObject({ Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' });
    });

    it('watch every function that answers no route for errors', () => {
      const watched = alarms()
        .filter((alarm) => alarm['MetricName'] === 'Errors')
        .map((alarm) => at(alarm['Dimensions'], 0, 'Value'));
      const others = functionNames.filter((name) => !('routes' in functions[name].on));
      expect(watched).toHaveLength(others.length);
    });

    it('are raised by the silence of what must be heard of', () => {
      const silent = alarms().filter((alarm) => alarm['TreatMissingData'] === 'breaching');
      expect(silent.map((alarm) => alarm['MetricName']).sort()).toEqual([
        'CanariesOpened',
        'Invocations',
        'Invocations',
      ]);
    });
  });
}
