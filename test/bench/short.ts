/** `--short`: enough to show that a benchmark runs. Its figures mean little. */
export const isShort = process.argv.includes('--short');
