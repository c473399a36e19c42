/** One page a panel: what it is for, and how to do the usual things. English; translated through the catalogues. */
export const topics: Readonly<
  Record<string, { readonly title: string; readonly lines: readonly string[] }>
> = {
  map: {
    title: 'Map',
    lines: [
      'Drag to pan, wheel to zoom; middle button or Space pans in every tool, and Space shows the image alone.',
      'The status bar tells position, latitude and longitude, pixel and values of the selected layer.',
      'By keys: Tab to the map, arrows move, + and − zoom, A sets a vertex at the crosshair, Enter completes.',
      'Right click, the menu key or Shift+F10 open the menu of what is there: a layer, a class, an ROI, a place of the map, a job.',
    ],
  },
  draw: {
    title: 'Draw ROIs',
    lines: [
      'Choose a class (keys 1 to 9), then a tool: polygon P, rectangle T, circle C, freehand R, brush B, eraser E, region growing W.',
      'Complete with Enter, double click or right click. Backspace and Ctrl+Z take back one vertex. Escape puts a sketch aside; it can be drawn on.',
      'Region growing takes the pixels whose spectra are like the one under the pointer: tolerance in standard deviations, with a least and a most of pixels.',
      'Cut a hole O, split X, merge M, edit vertices N. Avoid overlap keeps new ROIs out of old ones.',
      'ROIs hold for every scene of the project. To give a scene its own, copy them (Ctrl+C), select its layer and paste (Ctrl+V), or choose "Copy to scene…" in their menu.',
    ],
  },
  style: {
    title: 'Style',
    lines: [
      'A composite shows three bands; presets follow the wavelengths of the scene. An index is written with band names or numbers, e.g. (b8 - b4) / (b8 + b4).',
      'Limits are dragged in the histogram or typed. Stretch by current view uses what is on screen only.',
      'Nothing is read again when a stretch changes; samples keep the depth of the file.',
    ],
  },
  spectra: {
    title: 'Spectra',
    lines: [
      'Signatures of the cursor, of selected ROIs and of classes: mean, one standard deviation, extremes.',
      'Separability: Jeffries–Matusita and transformed divergence run from 0 (the same) to 2 (apart). They are hints, not verdicts.',
    ],
  },
  train: {
    title: 'Train',
    lines: [
      'Validation pixels come from other places than training pixels (spatial blocks), so the figures tell about places not seen.',
      'The cost card says what a run will take before it starts. Pause and cancel take effect within a second; what was finished is kept.',
      'Map what is in view first, correct the ROIs, train again, then map the whole scene.',
      'SpectralMamba here is a re-implementation from the paper. A random forest is trained beside it for comparison.',
      'SpectralGPT sees whole tiles: it segments a scene, names tiles, or finds change between two dates, best from pre-trained weights.',
    ],
  },
  pretrain: {
    title: 'Pre-train',
    lines: [
      'SpectralGPT learns from a folder of scenes without labels by filling in what was taken out of them. What it has learned is the start of fine-tuning.',
      'Stages show it other tile sizes, resolutions, dates or regions one after the other; they are written beside the model as a recipe that the command line reads too.',
      'The report shows for each band what was filled in. It opens when the work is done.',
    ],
  },
  models: {
    title: 'Models',
    lines: [
      'All models of the project, and weights that were imported: what each is for, its bands and classes, its figures, where it started, its licence.',
      'Published weights (.pth or .safetensors) are looked into without running anything in them; what is found is said before they are imported.',
      'Renaming and removing concern this project alone and can be undone; files stay as they are.',
    ],
  },
  change: {
    title: 'Change',
    lines: [
      'Choose two dates among the scenes of the project and a model of change; train one in the Train panel from places where change is known.',
      'The slider of the threshold changes what of the probability is drawn, at once and without computing anew; the map of changes keeps the threshold it was made with.',
      'With a class map of each date, or a model that makes them, the table tells from which class to which.',
      'Swipe shows the later date, or the change, right of a line.',
    ],
  },
  batch: {
    title: 'Batch',
    lines: [
      'One recipe (model, settings, post-processing, outputs) maps every scene of a folder. The recipe is a file that the command line takes too: prismap batch.',
      'Check scenes looks at all of them before the first is mapped, and says which cannot be and what helps.',
      'A scene that fails costs the others nothing. What is done stays done: pause, cancel, close Prismap, then resume or start again.',
      'Results: a map of each scene with its record, a table and a report of areas, a mosaic of all maps, a STAC catalogue.',
    ],
  },
  accuracy: {
    title: 'Accuracy',
    lines: [
      'Draw points from the map, label them without seeing what the map says, and read the confusion matrix (rows = reference, columns = map).',
      'Stratified: in proportion to the classes with a least number each; equalised: the same for each class; random: anywhere.',
      'Area-adjusted estimates and their 95 % intervals follow Olofsson et al. 2014.',
    ],
  },
  jobs: {
    title: 'Jobs',
    lines: [
      'One job runs at a time; the others wait. Jobs live in the project and survive a restart.',
    ],
  },
  export: {
    title: 'Export',
    lines: [
      'COG and GeoPackage open in QGIS with their colours. Sieve drops areas of few pixels before polygons are made; simplification keeps shared borders shared.',
    ],
  },
};
