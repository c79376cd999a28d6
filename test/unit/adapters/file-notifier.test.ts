import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FileNotifier, type NoticeReference } from '#adapters/files/file-notifier.ts';
import { StoreError } from '#domain/errors.ts';
import type { Notice } from '#ports/notifier.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('FileNotifier', () => {
  const folder = temporaryFolder();
  const file = () => folder('data', 'notices.jsonl');
  const start = (log?: (notice: NoticeReference) => void) =>
    new FileNotifier(file(), new ManualClock('2026-01-05T08:00:00.000Z'), log);
  const notice = (id: string): Notice => ({
    id,
    organization: 'acme',
    subscriberId: 's-1',
    email: 'zoe@acme.example',
    subject: 'Subject',
    text: 'Text',
  });
  const idsInFile = () =>
    readFileSync(file(), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): Notice => JSON.parse(line))
      .map(({ id }) => id);

  it('writes one line a notice, with its time, into a private file of a private folder', async () => {
    await start().notify(notice('n-1'));
    const line = JSON.stringify({ time: '2026-01-05T08:00:00.000Z', ...notice('n-1') });
    expect(readFileSync(file(), 'utf8')).toBe(`${line}\n`);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(folder('data')).mode & 0o777).toBe(0o700);
  });

  it('makes a file private that was put back from a copy', async () => {
    mkdirSync(folder('data'));
    writeFileSync(file(), '');
    chmodSync(file(), 0o644);
    await start().notify(notice('n-1'));
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('tells the log of each delivery once, and nothing of the person', async () => {
    const logged: NoticeReference[] = [];
    const notifier = start((reference) => logged.push(reference));
    await notifier.notify(notice('n-1'));
    await notifier.notify(notice('n-1'));
    expect(logged).toEqual([{ id: 'n-1', organization: 'acme', subscriberId: 's-1' }]);
  });

  it('cuts off a line that a crash left unfinished, and delivers its notice when it comes again', async () => {
    await start().notify(notice('n-1'));
    const finished = readFileSync(file(), 'utf8');
    const second = JSON.stringify(notice('n-2'));
    for (const torn of [second.slice(0, 30), second]) {
      writeFileSync(file(), finished + torn);
      const notifier = start();
      await notifier.notify(notice('n-3'));
      await notifier.notify(notice('n-2'));
      await notifier.notify(notice('n-1'));
      expect(idsInFile()).toEqual(['n-1', 'n-3', 'n-2']);
    }
  });

  it('goes on after lines that somebody damaged', async () => {
    await start().notify(notice('n-1'));
    appendFileSync(file(), 'not JSON\nnull\n[]\n');
    const notifier = start();
    await notifier.notify(notice('n-1'));
    await notifier.notify(notice('n-2'));
    expect(idsInFile()).toEqual(['n-1', 'n-2']);
  });

  it('says store-unavailable if the file cannot be written, and may be asked again', async () => {
    mkdirSync(file(), { recursive: true });
    const notifier = start();
    const failing = notifier.notify(notice('n-1'));
    await expect(failing).rejects.toThrow(StoreError);
    await expect(failing).rejects.toMatchObject({ code: 'store-unavailable', cause: { code: 'EISDIR' } });
    rmdirSync(file());
    await notifier.notify(notice('n-1'));
    expect(idsInFile()).toEqual(['n-1']);
  });

  it('cuts off a line that its own failure left unfinished', async () => {
    const notifier = start();
    await notifier.notify(notice('n-1'));
    renameSync(file(), folder('kept'));
    mkdirSync(file());
    await expect(notifier.notify(notice('n-2'))).rejects.toThrow(StoreError);
    rmdirSync(file());
    writeFileSync(file(), `${readFileSync(folder('kept'), 'utf8')}{"time":"2026-`);
    await notifier.notify(notice('n-2'));
    expect(idsInFile()).toEqual(['n-1', 'n-2']);
  });
});
