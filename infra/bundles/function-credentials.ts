import type { Plugin } from 'esbuild';

/**
 * Lets a function have its credentials from where AWS Lambda puts them, the environment, and from nowhere else. What looks for
 * them everywhere (profiles, sign-in, other machines) brings six clients of its own, which make up two fifths of a bundle.
 */
export const functionCredentials: Plugin = {
  name: 'function-credentials',
  setup(build) {
    const namespace = 'function-credentials';
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ resolveDir }) => ({
      path: 'function-credentials',
      namespace,
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /.*/, namespace }, ({ pluginData }) => ({
      contents: `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`,
      resolveDir: pluginData,
    }));
  },
};
