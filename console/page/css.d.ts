/** Bundled into one file beside the page's code. */
declare module '*.css';
