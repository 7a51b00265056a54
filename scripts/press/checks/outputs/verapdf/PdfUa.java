import java.io.File;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Asks veraPDF whether a file keeps PDF/UA-1. Prints the number of checks made, then a line for
 * each that failed: clause, message and place, between tabs.
 *
 * <p>The profile is read without JAXB, which Java no longer brings.
 */
public final class PdfUa {
  private static final String PROFILE = "/org/verapdf/pdfa/validation/PDFUA-1.xml";

  public static void main(String[] arguments) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    var foundry = Foundries.defaultInstance();
    var flavour = PDFAFlavour.PDFUA_1;
    try (var parser = foundry.createParser(new File(arguments[0]), flavour);
        var validator = foundry.createValidator(profile(), false)) {
      var result = validator.validate(parser);
      System.out.println(result.getTotalAssertions());
      for (TestAssertion made : result.getTestAssertions()) {
        if (made.getStatus() == TestAssertion.Status.FAILED) {
          var rule = made.getRuleId();
          var clause = rule.getClause() + "-" + rule.getTestNumber();
          var place = made.getLocation().getContext();
          System.out.println(String.join("\t", clause, made.getMessage(), place));
        }
      }
    }
  }

  private static ValidationProfile profile() throws Exception {
    var source = Profiles.class.getResourceAsStream(PROFILE);
    var root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(source).getDocumentElement();
    Set<Rule> rules = new HashSet<>();
    for (Element rule : all(root, "rule")) {
      rules.add(rule(rule));
    }
    Set<Variable> variables = new HashSet<>();
    for (Element variable : all(root, "variable")) {
      variables.add(
          Profiles.variableFromValues(
              variable.getAttribute("name"),
              variable.getAttribute("object"),
              text(variable, "defaultValue"),
              text(variable, "value")));
    }
    var details = Profiles.profileDetailsFromValues("PDF/UA-1", "", "", new Date(0));
    return Profiles.profileFromValues(PDFAFlavour.PDFUA_1, details, "", rules, variables);
  }

  private static Rule rule(Element rule) {
    var id = all(rule, "id").get(0);
    var deferred = rule.hasAttribute("deferred") && Boolean.parseBoolean(rule.getAttribute("deferred"));
    return Profiles.ruleFromValues(
        Profiles.ruleIdFromValues(
            PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
            id.getAttribute("clause"),
            Integer.parseInt(id.getAttribute("testNumber"))),
        rule.getAttribute("object"),
        deferred ? Boolean.TRUE : null,
        rule.getAttribute("tags"),
        text(rule, "description"),
        text(rule, "test"),
        Profiles.errorFromValues(text(rule, "message"), new ArrayList<>()),
        new ArrayList<>());
  }

  private static List<Element> all(Element parent, String name) {
    NodeList found = parent.getElementsByTagName(name);
    List<Element> elements = new ArrayList<>();
    for (int at = 0; at < found.getLength(); at++) {
      elements.add((Element) found.item(at));
    }
    return elements;
  }

  private static String text(Element parent, String name) {
    return all(parent, name).get(0).getTextContent();
  }
}
