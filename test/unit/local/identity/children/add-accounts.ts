// Adds machines one after another, and says of each when it is done, until it is killed. @param argv[2] the folder
import { Accounts } from '#local/identity/accounts.ts';

const accounts = await Accounts.open(process.argv[2] ?? '');
for (let number = 1; ; number++) {
  const subject = `machine-${number}`;
  const { secret } = await accounts.add({
    subject,
    displayName: subject,
    kind: 'machine',
    roles: ['auditor'],
  });
  process.stdout.write(`${subject} ${secret?.text()}\n`);
}
