import type { ClassScheme } from '../../app/vector/roi.ts';

/** A QGIS style that fills polygons by their field `class` in the colours of the scheme. */
export function qmlOf(classes: ClassScheme): string {
  const categories = classes
    .map(
      ({ name }, i) =>
        `<category value="${escape(name)}" label="${escape(name)}" symbol="${i}" type="string" render="true"/>`,
    )
    .join('');
  const symbols = classes
    .map(
      ({ color }, i) =>
        `<symbol type="fill" name="${i}" alpha="1"><layer class="SimpleFill" enabled="1"><Option type="Map"><Option type="QString" name="color" value="${color.join(',')},255"/><Option type="QString" name="outline_style" value="no"/><Option type="QString" name="style" value="solid"/></Option></layer></symbol>`,
    )
    .join('');
  return `<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version="3.28" styleCategories="Symbology"><renderer-v2 type="categorizedSymbol" attr="class" symbollevels="0" forceraster="0"><categories>${categories}</categories><symbols>${symbols}</symbols></renderer-v2></qgis>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
