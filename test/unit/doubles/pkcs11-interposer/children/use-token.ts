import { userOf } from '../user.ts';

// Logs in to a token, makes keys that stay in it, signs so many times with one of them, and leaves.
const { keys, signatures, ...settings } = JSON.parse(process.argv[2] ?? '{}');
const user = await userOf(settings);
for (const label of keys) {
  const key = await user.make(label, true);
  for (let round = 0; round < signatures; round++) await user.sign(key);
}
user.leave();
