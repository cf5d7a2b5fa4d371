/** Component types that newer or older versions of Langflow call differently, by any name → the one Flowkeep uses. */
const componentNames: ReadonlyMap<string, string> = new Map([
  ['Prompt Template', 'Prompt'],
  ['parser', 'ParserComponent'],
  ['URL', 'URLComponent'],
]);

/** Outputs that were renamed: component type → old name → name. */
const portNames: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ['SplitText', new Map([['chunks', 'dataframe']])],
  [
    'File',
    new Map([
      ['data', 'message'],
      ['dataframe', 'message'],
    ]),
  ],
]);

export function componentName(type: string): string {
  return componentNames.get(type) ?? type;
}

/**
 * The present name of an output.
 *
 * @param type the component's name as {@link componentName} gives it
 */
export function portName(type: string, port: string): string {
  return portNames.get(type)?.get(port) ?? port;
}
