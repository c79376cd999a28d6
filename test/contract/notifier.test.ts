import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileNotifier } from '#adapters/files/file-notifier.ts';
import type { Notice } from '#ports/notifier.ts';
import { MemoryNotifier } from '#test/doubles/memory-notifier.ts';
import { notifierContract } from './notifier.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

function withoutTime(line: string): Notice {
  const { time: _, ...notice }: Notice & { time: string } = JSON.parse(line);
  return notice;
}

notifierContract('FileNotifier', (clock) =>
  onDataFolder(({ path }) => {
    const file = join(path, 'notices.jsonl');
    return {
      notifier: new FileNotifier(file, clock),
      delivered: () => readFileSync(file, 'utf8').trimEnd().split('\n').map(withoutTime),
    };
  }),
);

notifierContract('MemoryNotifier', () => {
  const notifier = new MemoryNotifier();
  return inMemory({ notifier, delivered: () => notifier.notices });
});
