/** A handler that is a name or a function: in a page it is read and never called, in JSX it is everyday. */
const handler =
  /(\s)on[A-Za-z]{3,24}=\{(?=\s{0,5}(?:[\w.$]{1,60}\s{0,5}\}|(?:async\s{1,5})?(?:\([\w\s,{}.:]{0,80}\)|\w{1,30})\s{0,5}=>))/gu;

/** The script of a component: a program of several lines, where a page that is attacked gets one expression. */
const component =
  /<script\b[^<>]{0,80}>(?=\r?\n\s{0,20}(?:import|const|let|var|export|type|interface|function|async|await|class|define\w{1,20}|\/\/|\/\*\*|@\w))/gu;

/** More line breaks of this sort than a value has that breaks a header or a line of a log. */
const manyBreaks = /(?:\r\n[^\r]{0,2000}){3}/u;

/**
 * A text as its writer sees it: line breaks as browsers send them from a form are line breaks where there are sentences or
 * many lines; handlers of JSX are no handlers of a page, and components no page.
 */
export function asPasted(text: string, isValue: boolean): string {
  const isForm = text.includes('\r\n') && (!isValue || manyBreaks.test(text));
  const lines =
    isForm && !/\r\n\r\n\s{0,5}</u.test(text) ? text.replaceAll('\r\n', '\n').trimEnd() : text;
  const program = lines.includes('<script') ? lines.replace(component, '<program>') : lines;
  return program.includes('={') ? program.replace(handler, '$1handles={') : program;
}
