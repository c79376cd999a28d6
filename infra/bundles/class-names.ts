/** `class TokenLostError extends ProviderError {`, `class NoOpLogger {`. */
const told = /\bclass (\w+)((?:<[^{]*>)? extends \w*(?:Error|Exception)\b[^{]*|(?<=NoOpLogger) )\{/g;

/**
 * A module with the names of its classes of errors said in them, so that they stay when names are shortened: logs tell errors by
 * their classes. The SDK also knows its own silent logger by that name.
 */
export function withClassNames(module: string): string {
  return module.replaceAll(
    told,
    (_, name: string, rest: string) => `class ${name}${rest}{ static name = '${name}';`,
  );
}
