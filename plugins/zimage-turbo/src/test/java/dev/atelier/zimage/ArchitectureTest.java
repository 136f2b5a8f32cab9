package dev.atelier.zimage;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What may depend on what inside this plugin. */
@AnalyzeClasses(packages = "dev.atelier.zimage", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String[] TOOLKIT = {
        "..zimage.checkpoint..",
        "..zimage.onnx..",
        "..zimage.schedule..",
        "..zimage.random..",
        "..zimage.text..",
        "..zimage.adapter..",
        "..zimage.image.."
    };

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.atelier.zimage.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule theToolkitKnowsNoZImage = noClasses()
            .that()
            .resideInAnyPackage(TOOLKIT)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.atelier.zimage", "dev.atelier.zimage.model..");

    @ArchTest
    static final ArchRule onlyTheSessionsTouchOnnxRuntime = classes()
            .that()
            .resideOutsideOfPackage("dev.atelier.zimage.model..")
            .should()
            .onlyDependOnClassesThat()
            .resideOutsideOfPackage("ai.onnxruntime..");

    @ArchTest
    static final ArchRule onlyTheTextPackageTouchesTheTokenizer = classes()
            .that()
            .resideOutsideOfPackage("dev.atelier.zimage.text..")
            .should()
            .onlyDependOnClassesThat()
            .resideOutsideOfPackage("ai.djl..");
}
