/**
 * Shift of a datum to WGS 84 where the EPSG index has none, or one whose rotations have the opposite sign (it took over
 * those of the coordinate-frame convention unchanged). Datum name as in WKT; x, y, z in metres, then rotations in arc
 * seconds (position-vector convention, that of `+towgs84`) and scale in parts per million. Values: EPSG dataset 11, the
 * transformation without grid file that PROJ 9.5 prefers. Accuracy is 1 to 20 m, as without grid files anywhere.
 */
const table = `
Albanian_1987 -44.183,-0.58,-38.489,2.3867,2.7072,-3.5196,-8.2703
Amersfoort 565.4171,50.3319,465.5524,-0.3989574,0.3439878,-1.8774016,4.0725
Australian_Geodetic_Datum_1966 -117.808,-51.536,137.784,0.303,0.446,0.234,-0.29
Australian_Geodetic_Datum_1984 -117.763,-51.51,139.061,0.292,0.443,0.277,-0.191
Azores_Central_Islands_1995 -103.088,162.481,-28.276,0.167,0.082,0.168,-1.504
Azores_Oriental_Islands_1995 -208.719,129.685,52.092,-0.195,-0.014,0.327,0.198
Bermuda_1957 -292.295,248.758,429.447,4.9971,2.99,6.6906,1.0289
Cadastre_1997 -381.788,-57.501,-256.673
Camacupa_2015 -93.799,-132.737,-219.073,-1.844,0.648,-6.37,-0.169
Chatham_Islands_Datum_1979 174.05,-25.49,112.57,0,0,0.554,0.2263
Corrego_Alegre_1970-72 -206.05,168.28,-3.82
Costa_Rica_2005 -0.16959,0.35312,0.51846,0.03385,-0.16325,0.03446,0.03693
Cyprus_Geodetic_Reference_System_1993 8.846,-4.394,-1.122,-0.00237,-0.146528,0.130428,0.783926
Datum_73 -239.749,88.181,30.488,0.263,0.082,1.211,2.229
Deutsche_Bahn_Reference_System 584.9636,107.7175,413.8067,1.1155,0.2824,-3.1384,7.9922
Deutsches_Hauptdreiecksnetz 598.1,73.7,418.2,0.202,0.045,-2.455,6.7
Egypt_1907 -130,110,-13
Estonia_1992 0.055,-0.541,-0.185,0.0183,-0.0003,-0.007,-0.014
European_Datum_1987 -83.11,-97.38,-117.22,0.0056929,-0.0446976,0.0442851,0.1218
Faroe_Datum_1954 -240.33,-267.41,-34.61
Grand_Cayman_Geodetic_Datum_1959 -179.483,-69.379,-27.584,-7.862,8.163,6.042,-13.925
Helle_1954 982.6087,552.753,-540.873,6.6816266,-31.6114924,-19.848161,16.805
Hong_Kong_1980 -162.619,-276.959,-161.764,0.067753,-2.243648,-1.158828,-1.094246
Hungarian_Datum_1909 595.48,121.69,515.35,4.115,-2.9383,0.853,-3.408
IGS08 -0.214,0.119,0.156,-0.01182,0.00811,-0.01677,-0.0059
Indonesian_Datum_1974 -1.977,-13.06,-9.993,0.364,0.254,0.689,-1.037
International_Terrestrial_Reference_Frame_1996 0.02454,-0.03643,-0.06812,0.0027359,0.0020431,-0.0003731,0.006901
International_Terrestrial_Reference_Frame_1997 -0.01463,-0.02762,-0.02532,0.0017893,0.0006047,-0.0009962,0.006695
International_Terrestrial_Reference_Frame_2005 -0.07973,-0.00686,0.03803,0.0000351,-0.0021211,-0.0021411,0.006636
Israel_1993 23.772,17.49,17.859,-0.3132,-1.85274,1.67299,-5.4262
Jamaica_1969 -33.722,153.789,94.959,-8.581,-4.478,4.54,8.95
Kartastokoordinaattijarjestelma_1966 -96.062,-82.428,-121.753,4.801,0.345,-1.376,1.496
Kertau_RSO -11,851,5
Kingdom_of_Saudi_Arabia_Geodetic_Reference_Frame_2017 0,0,0,-0.008393,0.000749,-0.010276
Kuwait_Utility 226.702,-193.337,-35.371,-2.229,-4.391,9.238,0.9798
Lao_1993 43.933,-129.593,-39.331
Lao_National_Datum_1997 44.585,-131.212,-39.544
Libyan_Geodetic_Datum_2006 -208.4058,-109.8777,-2.5764
Lisbon_1890 631.392,-66.551,481.442,1.09,-4.445,-4.487,-4.43
Lisbon_1937 -288.885,-91.744,126.244,-1.691,0.41,-0.211,-4.598
Militar-Geographische_Institut 577.326,90.129,463.919,5.137,1.474,5.297,2.4232
Militar-Geographische_Institut_Ferro 577.326,90.129,463.919,5.137,1.474,5.297,2.4232
NAD83_Canadian_Spatial_Reference_System -0.991,1.9072,0.5129,0.0257899,0.0096501,0.0116599
New_Zealand_Geodetic_Datum_1949 59.47,-5.04,187.44,0.47,-0.1,1.024,-4.5993
Nord_Sahara_1959 -267.407,-47.068,446.357,-0.179423,5.577661,-1.27762,1.204866
North_American_Datum_1927 -8,160,176
North_American_Datum_1927_1976 -8,160,176
North_American_Datum_1927_CGQ77 -8,160,176
Nouvelle_Triangulation_Francaise_Paris -168,-60,320
Oman_National_Geodetic_Datum_2017 1.16835,-1.42001,-2.24431,-0.00822,-0.05508,0.01818,0.23388
Ordnance_Survey_of_Great_Britain_1936 446.448,-125.157,542.06,0.15,0.247,0.842,-20.489
Parametry_Zemli_1990 0,0,1.5,0,0,0.076
Philippine_Reference_System_1992 -127.62,-67.24,-47.04,-3.068,4.903,1.578,-1.06
Porto_Santo_1995 -210.502,-66.902,-48.476,2.094,-15.067,-5.817,0.485
Posiciones_Geodesicas_Argentinas_2007 -0.41,0.46,-0.35
Potsdam_Datum_83 598.1,73.7,418.2,0.202,0.045,-2.455,6.7
Pulkovo_1942 25,-141,-78.5,0,0.35,0.736
Pulkovo_1942_58 2.329,-147.042,-92.08,-0.309,0.325,0.497,5.69
Pulkovo_1995 24.47,-130.89,-81.56,0,0,0.13,-0.22
Rauenberg_Datum_83 598.1,73.7,418.2,0.202,0.045,-2.455,6.7
Reseau_Geodesique_de_la_Polynesie_Francaise 0.072,-0.507,-0.245,0.0183,-0.0003,0.007,-0.0093
Reseau_National_Belge_1972 -106.8686,52.2978,-103.7239,0.3366,-0.457,1.8422,-1.2747
Rikets_koordinatsystem_1990 414.1,41.3,603.1,-0.855,2.141,-7.023
Sister_Islands_Geodetic_Datum_1961 8.853,-52.644,180.304,-0.393,-2.323,2.96,-24.081
St_Helena_Tritan -0.077,0.079,0.086
System_of_the_Unified_Trigonometrical_Cadastral_Network 572.213,85.334,461.94,4.9732,1.529,5.2484,3.5378
System_of_the_Unified_Trigonometrical_Cadastral_Network_Ferro 572.213,85.334,461.94,4.9732,1.529,5.2484,3.5378
Ukraine_2000 24,-121,-76
Vientiane_1982 42.358,-124.688,-37.366
Vietnam_2000 -191.9044143,-39.3031828,-111.4503284,0.0092884,-0.0197548,0.0042737,0.2529063
WGS_72_Transit_Broadcast_Ephemeris 0,0,1.9,0,0,0.814,-0.38
World_Geodetic_System_1972 0,0,4.5,0,0,0.554,0.219
`;

let shifts: ReadonlyMap<string, string> | undefined;

/** `+towgs84` value for a datum name, or undefined where this table has none. */
export function datumShift(datum: string): string | undefined {
  shifts ??= new Map(
    table
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  return shifts.get(datum);
}
