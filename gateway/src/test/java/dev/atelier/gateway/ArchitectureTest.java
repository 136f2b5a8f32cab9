package dev.atelier.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What may depend on what inside the gateway. */
@AnalyzeClasses(packages = "dev.atelier.gateway", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.atelier.gateway.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule noClassKnowsARuntimeOrAModel = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ai.onnxruntime..", "ai.djl..", "dev.atelier.zimage..", "dev.atelier.device..");

    @ArchTest
    static final ArchRule onlyAGenerationAndItsVersionsTouchPf4j = noClasses()
            .that()
            .haveNameNotMatching("dev\\.atelier\\.gateway\\.registry\\.(Generation|Versions)(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.pf4j..");

    @ArchTest
    static final ArchRule jobsAndStoresKnowNoHttp = noClasses()
            .that()
            .resideInAnyPackage("..gateway.job..", "..gateway.registry..", "..gateway.checkpoint..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.atelier.gateway.http..");
}
