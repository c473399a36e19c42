// Every catalogue holds what the window says: no more, no less, with the same placeholders.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { findingSubjects } from '../../app/contract/desk/jobs.ts';
import { commands } from '../actions/commands.ts';
import { keyNames } from '../actions/keys.ts';
import { hints } from '../panels/accuracy/DesignSection.tsx';
import { sceneStates } from '../panels/batch/SceneList.tsx';
import { kinds } from '../panels/dialogs/AddBasemap.tsx';
import { fixed } from '../panels/dialogs/ShortcutSheet.tsx';
import { formats } from '../panels/export/ExportPanel.tsx';
import { topics } from '../panels/help/topics.ts';
import { controls } from '../panels/jobs/jobControls.ts';
import { stages, states } from '../panels/jobs/jobState.tsx';
import { macroclasses } from '../panels/menus/entries.ts';
import { composites } from '../panels/presets.ts';
import { panels } from '../panels/RightPanels.tsx';
import { columns } from '../panels/spectra/Separability.tsx';
import { menus } from '../panels/TopBar.tsx';
import { previewWords } from '../panels/train/MapSection.tsx';
import { cures, levels } from '../panels/train/Preflight.tsx';
import { ramps } from '../state/palettes.ts';
import { codeWords, hostSentences } from './hostSentences.ts';
import { languages } from './translate.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The host reads them and sends their titles. */
const indexTitles = (
  JSON.parse(readFileSync(join(root, '..', 'resources', 'indices', 'indices.json'), 'utf8')) as {
    readonly title: string;
  }[]
).map(({ title }) => title);

/** What a file passes to `t()` from a table, as written there, and the texts of that table. */
const tables: readonly (readonly [use: string, texts: readonly string[]])[] = [
  ['actions/keys.ts name', keyNames],
  ['panels/accuracy/DesignSection.tsx hints[wanted.design]', Object.values(hints)],
  ['panels/batch/SceneList.tsx word', Object.values(sceneStates).map(([, word]) => word)],
  ['panels/dialogs/AddBasemap.tsx name', kinds.map(([, name]) => name)],
  ['panels/dialogs/CommandPalette.tsx command.group', commands.map(({ group }) => group)],
  ['panels/dialogs/CommandPalette.tsx command.label', commands.map(({ label }) => label)],
  ['panels/dialogs/ShortcutSheet.tsx command.label', []],
  ['panels/dialogs/ShortcutSheet.tsx group', []],
  ['panels/dialogs/ShortcutSheet.tsx key', fixed.map(([key]) => key)],
  ['panels/dialogs/ShortcutSheet.tsx what', fixed.map(([, what]) => what)],
  ['panels/export/ExportPanel.tsx label', formats.map(([, label]) => label)],
  ['panels/help/HelpPanel.tsx line', Object.values(topics).flatMap(({ lines }) => lines)],
  ['panels/help/HelpPanel.tsx page.title', Object.values(topics).map(({ title }) => title)],
  ['panels/help/HelpPanel.tsx title', []],
  ['panels/jobs/JobButtons.tsx label', controls.map(([, label]) => label)],
  ['panels/jobs/JobProgress.tsx stage', stages],
  ['panels/jobs/jobState.tsx word', Object.values(states).map(([, word]) => word)],
  ['panels/menus/entries.ts command.label', []],
  ['panels/menus/entries.ts label', []],
  ['panels/menus/entries.ts name', macroclasses],
  ['panels/RightPanels.tsx label', panels.map(([, label]) => label)],
  ['panels/settings/SettingsPanel.tsx command.label', []],
  ['panels/settings/SettingsPanel.tsx name', []],
  ['panels/spectra/Separability.tsx label', columns.map(([, label]) => label)],
  ['panels/StylePanel.tsx name', [...Object.keys(ramps), ...composites.map(([name]) => name)]],
  ['panels/IndexForm.tsx title', indexTitles],
  ['panels/Toolbar.tsx command.label', []],
  ['panels/Toolbar.tsx commandById(`tool.${name}`).label', []],
  ['panels/TopBar.tsx commandById(id).label', []],
  ['panels/TopBar.tsx name', menus.map(([name]) => name)],
  ['panels/train/MapSection.tsx previewWords[state]', Object.values(previewWords)],
  ['panels/train/Preflight.tsx cures[cure]', Object.values(cures)],
  ['panels/train/Preflight.tsx subject', findingSubjects],
  ['panels/train/Preflight.tsx word', Object.values(levels).map(([, word]) => word)],
  ['words/translate.ts about', Object.values(codeWords)],
];

type Found = {
  readonly texts: Set<string>;
  /** Arguments of `t()` that are no text: `file expression`. */
  readonly others: Set<string>;
  /** Calls of `t()` that run when their module is loaded, before there are words. */
  readonly early: string[];
};

function collect(argument: ts.Expression, file: string, found: Found): void {
  if (ts.isStringLiteralLike(argument)) found.texts.add(argument.text);
  else if (ts.isConditionalExpression(argument)) {
    collect(argument.whenTrue, file, found);
    collect(argument.whenFalse, file, found);
  } else found.others.add(`${file} ${argument.getText()}`);
}

const isInFunction = (node: ts.Node): boolean =>
  ts.findAncestor(node, (one) => ts.isFunctionLike(one)) !== undefined;

/** The sources of a folder, named by their paths within it. */
function sourcesOf(folder: string): ts.SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.'))
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    });
}

/** Texts that are first arguments of the calls of a function in the sources of a folder. */
function textsOf(folder: string, called: 't' | 'phrase'): Found {
  const found: Found = { texts: new Set(), others: new Set(), early: [] };
  for (const source of sourcesOf(folder)) {
    const file = source.fileName;
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && node.expression.getText() === called) {
        collect(node.arguments[0]!, file, found);
        if (!isInFunction(node)) found.early.push(`${file} ${node.getText()}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

/** Every text of the sources of a folder, with `{}` for each value. */
function sentencesOf(folder: string): Set<string> {
  const sentences = new Set<string>();
  for (const source of sourcesOf(folder)) {
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node)) sentences.add(node.text);
      if (ts.isTemplateExpression(node))
        sentences.add(
          node.head.text + node.templateSpans.map(({ literal }) => `{}${literal.text}`).join(''),
        );
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return sentences;
}

const found = textsOf(root, 't');
/** What the host says in phrases. */
const said = ['app', 'main'].map((folder) => textsOf(join(root, '..', folder), 'phrase'));
const wanted = new Set([
  ...found.texts,
  ...said.flatMap(({ texts }) => [...texts]),
  ...tables.flatMap(([, texts]) => texts),
  ...hostSentences,
]);
const placeholders = (text: string): string =>
  [...text.matchAll(/\{\w+\}/g)]
    .map(([name]) => name)
    .sort()
    .join(' ');

describe('texts of the window', () => {
  it('are found: the files are where this test looks', () => {
    expect(found.texts.size).toBeGreaterThan(300);
  });
  it('are written in the call of t(), or come from a table that this test knows', () => {
    const known = new Set(tables.map(([use]) => use));
    expect([...found.others].filter((use) => !known.has(use))).toEqual([]);
    expect([...known].filter((use) => !found.others.has(use))).toEqual([]);
  });
  it('are written where the host says them, also those that come as sentences', () => {
    expect(said.flatMap(({ texts }) => [...texts]).length).toBeGreaterThan(30);
    expect(said.flatMap(({ others }) => [...others])).toEqual(['workers/preflightRois.ts warning']);
    const sources = ['app', 'main'].flatMap((folder) => [...sentencesOf(join(root, '..', folder))]);
    const written = new Set(sources);
    const shape = (text: string): string => text.replace(/\{\w+\}/g, '{}');
    expect(hostSentences.filter((text) => !written.has(shape(text)))).toEqual([]);
  });
  it('are translated when they are shown, not when their module is loaded', () => {
    expect(found.early).toEqual([]);
  });
});

describe.each(Object.keys(languages).filter((language) => language !== 'en'))('%s.json', (name) => {
  const path = join(root, 'public', 'words', `${name}.json`);
  const catalogue = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  it('has all texts and no others', () => {
    expect([...wanted].filter((text) => !(text in catalogue))).toEqual([]);
    expect(Object.keys(catalogue).filter((text) => !wanted.has(text))).toEqual([]);
  });
  it('keeps the placeholders', () => {
    const broken = Object.entries(catalogue).filter(
      ([text, words]) => words === '' || placeholders(text) !== placeholders(words),
    );
    expect(broken).toEqual([]);
  });
});
