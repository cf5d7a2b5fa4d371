/** Variables that packages of model providers read by themselves: keys, addresses, and whom to tell about each run. */
const ofLibraries = /^(OPENAI|AZURE_OPENAI|ANTHROPIC|GOOGLE|OLLAMA|LANGCHAIN|LANGSMITH|LANGFUSE)_/;

/**
 * Takes the variables out of this process's environment that provider packages would use behind our back: a flow gets
 * what its owner stored, never what the server happens to have. What settings say was read before.
 */
export function hideEnvironmentFromLibraries(): void {
  for (const name of Object.keys(process.env)) if (ofLibraries.test(name)) Reflect.deleteProperty(process.env, name);
}
