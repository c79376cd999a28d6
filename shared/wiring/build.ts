import packageJson from '../../package.json' with { type: 'json' };

/** Names the running build in receipts. */
export const build = `${packageJson.name} ${packageJson.version}`;
