import { afterEach, expect, it, vi } from 'vitest';
import { countInStage } from '#runtime/lambda/stage-metric.ts';

afterEach(() => vi.restoreAllMocks());

it('counts one of the whole stage, in the form that Amazon CloudWatch makes metrics of', async () => {
  const written: string[] = [];
  const write = (text: unknown) => {
    written.push(String(text));
    return true;
  };
  vi.spyOn(console, 'log').mockImplementation(write);
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  await countInStage('test', 'PolicyFailures');
  vi.restoreAllMocks();
  const line = written.find((text) => text.includes('PolicyFailures')) ?? '{}';
  expect(JSON.parse(line)).toMatchObject({
    stage: 'test',
    PolicyFailures: 1,
    _aws: {
      CloudWatchMetrics: [
        {
          Namespace: 'EnrollmentKeyEscrow',
          Dimensions: [['stage']],
          Metrics: [{ Name: 'PolicyFailures', Unit: 'Count' }],
        },
      ],
    },
  });
});
