/** Bundled into one file beside the page's code. */
declare module '*.css';
/** The text of the file. */
declare module '*.svg' {
  const text: string;
  export default text;
}
