const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/**
 * The limits on files of language packages, which are a part of `limits`. The directory of a Java archive is read whole. Of its content, only
 * manifests, Maven files and other archives are decompressed.
 */
export const languageLimits = {
  /** Size of one file that a lister wants at any depth, such as `package.json`. Lists of the files of large packages have some megabytes. */
  packageFileBytes: 16 * MiB,
  /** Total size of these files of one layer. Large real layers have some tens of megabytes. The rest is not read. */
  layerPackageFileBytes: 48 * MiB,
  /** The same while another thread reads another layer. A larger layer is read once more by itself. */
  threadPackageFileBytes: 16 * MiB,
  /** Number of these files of one layer. Large real layers have some ten thousand. */
  packageFilesPerLayer: 40_000,
  /** Size of an archive that is held whole. Of larger ones, only the needed files are held, up to this size. */
  archiveFileBytes: 64 * MiB,
  /** Size of an archive of which only the needed files are held, up to `archiveFileBytes` of them. */
  sparseArchiveBytes: 2 * GiB,
  /** Archives within archives, such as jars in a war in an ear. Real ones nest three deep. */
  archiveDepth: 16,
  /** Files of one Java archive. Those of large applications have some ten thousand. */
  archiveEntries: 1_000_000,
  /** Total size of what is decompressed of the archives of one layer. */
  archiveOpenedBytes: 4 * GiB,
  /** Size of an archive within an archive, and of those that are decompressed at the same time. */
  archiveHeldBytes: 32 * MiB,
  /** Size of a manifest in an archive. Those of signed Java archives have some megabytes. */
  archiveMetadataBytes: 16 * MiB,
  /** Assemblies and importable names of one layer whose presence is known. Large real layers have some thousand. */
  codeFilesPerLayer: 50_000,
  /** Hashes of a package of a plugin: one of each algorithm. */
  hashesPerPackage: 4,
  /** Sentences about how a package of a plugin was found. */
  packageRemarks: 8,
  /** Paths of the code of one package. Real ones have few. With more, its presence is not checked. */
  codePathsPerPackage: 64,
  /** Size of a Maven file in a Java archive. Large real ones have some hundred thousand bytes. */
  mavenFileBytes: MiB,
  /** Elements of one `pom.xml`. Large real ones have some thousands. */
  pomElements: 100_000,
  /** The start of a file of WordPress that may have its header. WordPress reads as much. */
  wordpressHeaderBytes: 8 * KiB,
  /** Size of a file that describes an application or a release of Erlang. Large real ones have some ten thousand bytes. */
  erlangFileBytes: 4 * MiB,
  /** Build information of a Go program. That of Kubernetes has some tens of kilobytes. */
  goBuildInfoBytes: 1 * MiB,
  /** Names of the functions of a Go program. Those of Kubernetes have some megabytes. */
  goFunctionBytes: 16 * MiB,
  /** Files of a .NET application in one program, before its header. Those of large applications have some hundred megabytes. */
  dotnetBundleBytes: 1 * GiB,
  /** Header of such a program. Before .NET 5, it names all files. */
  dotnetBundleHeaderBytes: 64 * KiB,
  /** Compressed list of the crates of a Rust program. Real ones have some kilobytes. */
  cargoAuditBytes: 1 * MiB,
  /** The same list, decompressed. */
  cargoAuditTextBytes: 8 * MiB,
  /** Bytes of the sections of a Rust program that are searched although they are not loaded, such as debug information. */
  unloadedBytes: 64 * MiB,
  /** Different directories of crates in the texts of a Rust program. Large real ones have some hundreds. */
  cargoSourcePaths: 4096,
  /** How much of the constants and variables of a program is searched for texts beside its version. */
  programTextBytes: 64 * MiB,
  /** Places of such texts that are kept of one program. Real ones have some dozens at most. */
  programTexts: 256,
  /** The start of a file of an AI model, of which the header is read. The headers of large real models have some hundred kilobytes. */
  modelBeginningBytes: 4 * MiB,
  /** Packages that are listed from the programs of one layer. Further programs are not read. */
  programPackagesPerLayer: 100_000,
  /** Characters of the sets of functions that are kept of the programs of one layer. A large program has 250,000. Without them, advisories count as usual. */
  functionCharactersPerLayer: 8 * MiB,
  /** Bytes of parts of programs that are kept for the listers of plugins, of one layer. */
  pluginProgramBytes: 8 * MiB,
} as const;
