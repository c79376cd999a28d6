import { generatePassword } from '#crypto/passwords.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import { Secret } from '#domain/secret.ts';
import { setPassword } from '#lambdas/set-password/set-password.ts';
import type { Service } from '../service.ts';
import type { OutputFolder } from './folders.ts';
import { inParallel } from './in-parallel.ts';
import type { Progress } from './progress.ts';

/** Key pairs made at the same time: what two cores can do. */
const atOnce = 3;

/** The subscriber of an enrollment, signed in just now. */
export function signedIn({ organization, subscriber }: Enrollment, service: Service): Principal {
  const authTime = Math.floor(service.dependencies.clock.now().getTime() / 1000);
  return { organization, subject: subscriber.id, roles: ['subscriber'], authTime };
}

/** Signs in every subscriber whose enrollment waits for it: a password is set, and the key pair is made under it. */
export async function signInAll(
  service: Service,
  enrollments: readonly Enrollment[],
  out: OutputFolder,
  progress: Progress,
): Promise<void> {
  const waiting = enrollments.filter(({ state }) => state === 'awaiting-subscriber');
  progress.say(
    waiting.length > 0
      ? 'Signing the subscribers in: each sets a password, and the key pair is made under it.'
      : 'Nobody has to sign in: no enrollment waits for its subscriber.',
  );
  let done = 0;
  await inParallel(waiting, atOnce, async (enrollment) => {
    const password = await passwordOf(enrollment, out);
    const requestId = `demo-sign-in-${enrollment.id}`;
    const request = { enrollmentId: enrollment.id, password, requestId };
    await setPassword(service.dependencies, signedIn(enrollment, service), request);
    done += 1;
    progress.count('key pairs made', done, waiting.length);
  });
}

/**
 * The subscriber's password: generated, and written before it is set, because a demo has nobody to remember it. A run
 * that continues an earlier one finds it there.
 */
export async function passwordOf(enrollment: Enrollment, out: OutputFolder): Promise<Secret> {
  if (!out.has(enrollment, 'password.txt')) {
    await out.write(enrollment, 'password.txt', generatePassword().bytes());
  }
  return new Secret(withoutLineEnd(await out.read(enrollment, 'password.txt')));
}

/** An editor may have put a line end behind the password. */
function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  const end = bytes.findLastIndex((byte) => byte !== 0x0a && byte !== 0x0d);
  return bytes.subarray(0, end + 1);
}
